"""Comments as text: redaction, language, polarity, topics. Strings in, strings and numbers out."""

from outreach_metrics.text.language import language
from outreach_metrics.text.polarity import accuracy, polarity, sign
from outreach_metrics.text.redaction import redact
from outreach_metrics.text.topics import Topics, topics

__all__ = ["Topics", "accuracy", "language", "polarity", "redact", "sign", "topics"]
