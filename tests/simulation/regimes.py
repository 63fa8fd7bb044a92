"""The kinds of data the crime metrics are tried on."""

from __future__ import annotations

from dataclasses import dataclass, replace

EFFECTS = (1.0, 0.75)
"""No effect, and a fall by a quarter in the treatment areas after their start."""


@dataclass(frozen=True)
class Regime:
    """One kind of data.

    Parameters
    ----------
    treated, comparison : int
        Areas of either role.
    mean : float
        Incidents a month in an area before the start, on average over areas and months.
    dispersion : float
        Variance / mean of the incidents of one area and month.
    autocorrelation : float
        Correlation of what lies behind the counts (all variation beyond chance) from month to month.
    trend : float
        Change by which every area moves a year, -0.08 for a fall by 8 %.
    season : float
        Half the height of the yearly wave, as a share of the mean.
    starts : int
        Dates on which the treatment areas start, three months apart.
    displacement : int
        Areas beside the treatment areas, to which half of what they are rid of moves.
    """

    treated: int = 4
    comparison: int = 8
    mean: float = 5.0
    dispersion: float = 2.0
    autocorrelation: float = 0.0
    trend: float = 0.0
    season: float = 0.3
    starts: int = 1
    displacement: int = 0

    @property
    def name(self) -> str:
        """The regime in one word, for the table and the test."""
        near = f" and {self.displacement} beside" if self.displacement else ""
        return (
            f"{self.treated}+{self.comparison}{near} areas, mean {self.mean:g}, "
            f"dispersion {self.dispersion:g}, r {self.autocorrelation:g}, "
            f"trend {self.trend:+.0%}, season {self.season:.0%}, starts {self.starts}"
        )


BASE = Regime()
AREAS = ((1, 2), (2, 4), (5, 15), (10, 30))

ONE_AT_A_TIME = (
    BASE,
    *(replace(BASE, treated=treated, comparison=other) for treated, other in (*AREAS, (1, 11), (1, 39))),
    *(replace(BASE, mean=mean) for mean in (0.5, 1.0, 2.0, 20.0, 50.0)),
    *(replace(BASE, dispersion=dispersion) for dispersion in (1.0, 3.0, 5.0)),
    *(replace(BASE, autocorrelation=r) for r in (0.25, 0.5)),
    *(replace(BASE, trend=trend) for trend in (-0.08, 0.08)),
    replace(BASE, season=0.0),
    *(replace(BASE, starts=starts) for starts in (2, 4)),
)

# Every pair of ends meets: 16 rows of the orthogonal array of four-level (dispersion, autocorrelation)
# and two-level factors; a wave of chance needs chance, so correlation goes with a dispersion above 1.
_SPREAD = ((1.0, 0.0), (5.0, 0.0), (2.0, 0.5), (5.0, 0.5))
CORNERS = tuple(
    Regime(
        treated=(1, 10)[a],
        comparison=(2, 30)[a],
        mean=(0.5, 50.0)[b],
        dispersion=_SPREAD[spread][0],
        autocorrelation=_SPREAD[spread][1],
        trend=(0.0, -0.08)[(a + b + spread) % 2],
        season=(0.0, 0.3)[(a + spread // 2) % 2],
        starts=(1, 2 if a == 0 else 4)[(b + spread // 2) % 2] if a else 1,
    )
    for spread in range(4)
    for a in range(2)
    for b in range(2)
)

BETWEEN = (
    Regime(1, 5, 2.0, 1.5, 0.0, 0.0, 0.3),
    Regime(1, 5, 10.0, 3.0, 0.3, -0.04, 0.3),
    Regime(1, 11, 20.0, 5.0, 0.5, 0.0, 0.3),
    Regime(1, 39, 2.0, 3.0, 0.25, 0.0, 0.0),
    Regime(2, 4, 20.0, 3.0, 0.5, 0.04, 0.3, 2),
    Regime(2, 10, 1.0, 2.0, 0.5, 0.0, 0.3),
    Regime(3, 3, 5.0, 5.0, 0.0, 0.0, 0.3, 3),
    Regime(3, 9, 50.0, 5.0, 0.3, -0.08, 0.3, 3),
    Regime(4, 8, 2.0, 5.0, 0.5, 0.0, 0.0),
    Regime(5, 5, 10.0, 2.0, 0.5, -0.08, 0.3, 5),
    Regime(6, 14, 0.5, 3.0, 0.3, 0.0, 0.3, 3),
    Regime(8, 32, 2.0, 1.0, 0.0, -0.08, 0.3, 4),
    Regime(10, 10, 20.0, 5.0, 0.25, 0.08, 0.3, 5),
    Regime(20, 20, 1.0, 5.0, 0.5, 0.0, 0.3, 4),
)

BESIDE = (
    replace(BASE, displacement=4),
    replace(BASE, mean=50.0, displacement=4),
    replace(BASE, mean=20.0, dispersion=5.0, autocorrelation=0.5, displacement=4),
    Regime(1, 2, 20.0, 2.0, 0.0, -0.08, 0.3, displacement=1),
    Regime(10, 30, 5.0, 3.0, 0.25, 0.0, 0.3, 4, displacement=10),
)

REGIMES: tuple[Regime, ...] = tuple(dict.fromkeys((*ONE_AT_A_TIME, *CORNERS, *BETWEEN, *BESIDE)))
