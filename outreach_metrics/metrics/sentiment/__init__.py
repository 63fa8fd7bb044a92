"""What people answered: scores by wave and arm, how they changed, how far the answers can be trusted."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.sentiment.answers import construct_scores
from outreach_metrics.metrics.sentiment.levels import (
    SCORE_UNIT,
    sentiment_favourable,
    sentiment_response_count,
    sentiment_score,
)
from outreach_metrics.metrics.sentiment.change import (
    change_ends,
    CHANGE_UNIT,
    sentiment_change,
    sentiment_dominance,
    sentiment_effect_size,
    sentiment_equivalence,
    sentiment_relative_change,
)
from outreach_metrics.metrics.sentiment.trend import sentiment_trend
from outreach_metrics.metrics.sentiment.items import (
    answer_spread,
    sentiment_item_change,
    sentiment_item_favourable_change,
    sentiment_item_shift,
)
from outreach_metrics.metrics.sentiment.quality import room, scales, sentiment_reliability
from outreach_metrics.metrics.sentiment.comments import (
    comment_signs,
    comment_topics,
    polarity_note,
    sentiment_comment_agreement,
    sentiment_comment_count,
    sentiment_comment_polarity,
    sentiment_comment_theme,
)
from outreach_metrics.metrics.sentiment.response import response_table
from outreach_metrics.metrics.sentiment.checks import sentiment_checks, several_measures

# isort: on

__all__ = [
    "CHANGE_UNIT",
    "SCORE_UNIT",
    "answer_spread",
    "change_ends",
    "comment_signs",
    "comment_topics",
    "construct_scores",
    "polarity_note",
    "response_table",
    "room",
    "scales",
    "sentiment_change",
    "sentiment_checks",
    "sentiment_comment_agreement",
    "sentiment_comment_count",
    "sentiment_comment_polarity",
    "sentiment_comment_theme",
    "sentiment_dominance",
    "sentiment_effect_size",
    "sentiment_equivalence",
    "sentiment_favourable",
    "sentiment_item_change",
    "sentiment_item_favourable_change",
    "sentiment_item_shift",
    "sentiment_relative_change",
    "sentiment_reliability",
    "sentiment_response_count",
    "sentiment_score",
    "sentiment_trend",
    "several_measures",
]
