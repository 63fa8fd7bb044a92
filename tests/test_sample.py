"""The sample study: that its files keep the contract, hang together, and are made again byte for byte."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.study.tables import PROGRAM_TYPES, TABLES

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
DEMOGRAPHICS = {"age_group", "race_ethnicity", "gender"}
MADE = sorted(set(TABLES) - {"counts", "harm_weights", "offense_groups", "crime_costs", "price_index"})


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False) for name in MADE}


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings() -> dict:
    return tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))


def test_made_again_byte_for_byte(tmp_path):
    script = ROOT / "data" / "make_sample.py"
    subprocess.run([sys.executable, str(script), "--out", str(tmp_path)], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in SAMPLE.iterdir() if path.name != "README.md"}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []
    assert not any(b"\r" in content for content in made.values())


def test_small_enough():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 6_000_000


@pytest.mark.parametrize("name", MADE)
def test_columns_are_those_of_the_contract(tables, name):
    columns = set(tables[name].columns)
    assert set(TABLES[name].required) <= columns
    extra = {"attendance": DEMOGRAPHICS, "responses": DEMOGRAPHICS | set(tables["items"]["item"])}
    assert columns - {column.name for column in TABLES[name].columns} == extra.get(name, set())


@pytest.mark.parametrize("name", [name for name in MADE if name != "incidents"])
def test_values_keep_the_rules(tables, name):
    for column in TABLES[name].columns:
        if column.name not in tables[name]:
            continue
        values = tables[name][column.name]
        given = values[values != ""]
        if column.required and (name, column.name) != ("benchmarks", "area_id"):
            assert len(given) == len(values), column.name
        if column.choices:
            assert set(given) <= set(column.choices), column.name
        if column.kind == "date":
            pd.to_datetime(given, format="%Y-%m-%d")
        if column.kind in ("number", "integer"):
            numbers = pd.to_numeric(given)
            assert column.minimum is None or (numbers >= column.minimum).all(), column.name
        if column.kind == "boolean":
            assert set(given) <= {"true", "false"}, column.name


@pytest.mark.parametrize("name", MADE)
def test_keys_are_unique_and_references_are_found(tables, name):
    table, rules = tables[name], TABLES[name]
    key = [column for column in rules.key if column in table]
    assert not key or not table.duplicated(key).any()
    for reference in rules.references:
        given = table[reference.column][table[reference.column] != ""]
        assert set(given) <= set(tables[reference.table][reference.target]), reference.column


def test_programs(tables):
    programs = tables["programs"]
    assert set(programs["type"]) == set(PROGRAM_TYPES)
    assert len(programs) >= 15
    assert programs["program_id"].str.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*").all()


def test_comparison_areas_never_have_a_program(tables):
    roles = tables["program_areas"].groupby("role")["area_id"].agg(set)
    treated = roles["treatment"] | roles["displacement"]
    assert not treated & (roles["comparison"] | roles["displacement_comparison"])


def test_one_deliberate_overlap(tables):
    treated = tables["program_areas"].query("role == 'treatment'")
    shared = treated[treated.duplicated("area_id", keep=False)]
    assert sorted(shared["program_id"]) == ["oakridge-watch", "youth-nights"]


def test_areas_are_forty_beats_with_leading_zeros(tables):
    areas = tables["areas"]
    assert len(areas) == 40
    assert areas["area_id"].str.fullmatch(r"0\d{3}").all()
    assert pd.to_numeric(areas["population"]).between(1500, 9000).all()


def test_incidents(tables, truth):
    incidents, flaws = tables["incidents"], truth["incidents"]["rows_with_flaws"]
    assert 78_000 < len(incidents) < 82_000
    assert len(incidents) == truth["incidents"]["rows"]
    assert (incidents["area_id"] == "").sum() == flaws["blank_area"]
    known = incidents["area_id"].isin(["", *tables["areas"]["area_id"]])
    assert (~known).sum() == flaws["unknown_area"]
    dates = pd.to_datetime(incidents["occurred_at"], format="%Y-%m-%d", errors="coerce")
    assert dates.isna().sum() == flaws["bad_date"]
    assert (dates.min(), dates.max()) == (pd.Timestamp("2020-01-01"), pd.Timestamp("2024-12-31"))
    numbers = incidents["incident_id"][incidents["incident_id"] != ""]
    assert len(incidents) - len(numbers) == flaws["blank_id"]
    assert numbers.duplicated().sum() == flaws["second_offense_of_an_incident"]
    assert (incidents["offense"] != incidents["offense"].str.upper().str.strip()).sum() == (
        flaws["label_in_lower_case"]
    )


def test_counts_are_overdispersed(tables):
    incidents = tables["incidents"].assign(month=tables["incidents"]["occurred_at"].str[:7])
    known = incidents["area_id"].isin(tables["areas"]["area_id"]) & incidents["month"].str.match(
        r"202\d-\d\d$"
    )
    counts = pd.crosstab(incidents.loc[known, "area_id"], incidents.loc[known, "month"]).to_numpy(float)
    counts = counts[:, counts.sum(axis=0) > 100]
    fitted = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    degrees = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    assert 1.5 < float(((counts - fitted) ** 2 / fitted).sum()) / degrees < 2.5


def test_every_outcome_label_occurs(tables, settings):
    labels = {label for labels in settings["crime"]["outcomes"].values() for label in labels} - {"*"}
    assert labels <= set(tables["incidents"]["offense"])
    assert set(settings["crime"]["outcomes"]) == {
        "all",
        "burglary",
        "vehicle_crime",
        "violent_crime",
        "disorder",
        "assault_and_vandalism",
    }


def test_events_lie_within_their_program(tables):
    programs = tables["programs"].set_index("program_id")
    events = tables["events"].join(programs[["start_date", "end_date"]], on="program_id")
    assert (events["date"] >= events["start_date"]).all()
    assert (events["date"] <= events["end_date"].replace("", "2024-12-31")).all()
    assert events["headcount"].eq("").any()
    assert events.groupby("program_id").size().between(8, 60).all()


def test_attendance_agrees_with_the_truth(tables, truth):
    attendance = tables["attendance"].merge(tables["events"][["event_id", "program_id"]], on="event_id")
    assert 6_000 <= len(attendance) <= 10_000
    for program_id, mine in attendance.groupby("program_id"):
        told = truth["programs"][program_id]["attendance"]
        came = mine[mine["checked_in"] != "false"]
        assert len(came) == told["signed_in"]
        assert len(mine) - len(came) == told["registered_but_absent"]
        assert came["attendee_id"].nunique() == told["unique_signatures"]
        assert told["unique_people"] <= told["unique_signatures"]


def test_right_names_give_the_true_number_of_people(tables, truth):
    right = {(row["event_id"], row["signed_as"]): row["name"] for row in truth["misspelt_signatures"]}
    attendance = tables["attendance"].merge(tables["events"][["event_id", "program_id"]], on="event_id")
    came = attendance[attendance["checked_in"] != "false"]
    signed = zip(came["event_id"], came["attendee_id"], strict=True)
    people = pd.Series([right.get(pair, pair[1]) for pair in signed], index=came.index)
    for program_id, names in people.groupby(came["program_id"]):
        assert names.nunique() == truth["programs"][program_id]["attendance"]["unique_people"]


def test_registered_people_and_walk_ins_balance(tables, truth):
    events = tables["events"]
    rows = tables["attendance"].groupby("event_id").size()
    registering = events[events["registered"] != ""]
    walk_ins = rows[registering["event_id"]].to_numpy() - pd.to_numeric(registering["registered"]).to_numpy()
    told = sum(program["attendance"]["walk_ins"] for program in truth["programs"].values())
    assert (walk_ins >= 0).all()
    assert walk_ins.sum() == told > 0


def test_contact_details_are_invented(tables):
    attendance = tables["attendance"]
    assert attendance["email"].str.fullmatch(r"|[a-z.]+@example\.org").all()
    assert attendance["phone"].str.fullmatch(r"|555-01\d\d").all()


def test_responses(tables):
    responses, items = tables["responses"], tables["items"]
    assert set(responses["arm"]) == {"program", "comparison"}
    assert set(responses["wave"]) == {"baseline", "first year", "second year"}
    codes = set(np.unique(responses[items["item"].tolist()].to_numpy(str)))
    assert codes == {"", "1", "2", "3", "4", "5", "9"}
    assert set(items["reversed"]) == {"true", "false"}
    days = responses.groupby(["program_id", "wave"], sort=False)["date"].agg(["min", "max"])
    order = days["min"].to_numpy()[1:] > days["max"].to_numpy()[:-1]
    same_program = days.index.get_level_values(0)[1:] == days.index.get_level_values(0)[:-1]
    assert order[same_program].all()


def test_weights_give_age_groups_their_share(tables):
    responses = tables["responses"].query("weight != ''")
    benchmarks = tables["benchmarks"].query("variable == 'age_group' and area_id == ''").set_index("category")
    people = pd.to_numeric(benchmarks["count"])
    weights = pd.to_numeric(responses["weight"]).groupby(responses["age_group"]).sum()
    assert (weights / weights.sum()).to_dict() == pytest.approx((people / people.sum()).to_dict(), abs=0.01)


def test_same_people_or_new_ones(tables, truth):
    for program_id, mine in tables["responses"].groupby("program_id"):
        waves = mine.groupby("respondent_id")["wave"].nunique()
        again = truth["programs"][program_id]["sentiment"]["design"] == "same people asked again"
        assert (waves.max() > 1) == again, program_id


def test_comments_hold_what_redaction_must_find(tables, truth):
    comments = tables["responses"]["comment"]
    written = comments[comments != ""]
    personal = written.str.contains(re.compile(r"555|@example\.org|Wanda Thistlewick"))
    assert len(written) == truth["comments"]["written"]
    assert personal.sum() == truth["comments"]["with_name_phone_or_email"] > 20
    assert 0.10 < len(written) / len(comments) < 0.20


def test_codes_are_about_comments(tables):
    written = tables["responses"].query("comment != ''")
    known = set(written["respondent_id"] + "/" + written["wave"])
    assert set(tables["codes"]["comment_id"]) <= known
    assert tables["codes"].groupby("comment_id")["coder"].nunique().eq(2).all()


def test_benchmarks_add_up(tables):
    benchmarks = tables["benchmarks"].assign(count=pd.to_numeric(tables["benchmarks"]["count"]))
    city = benchmarks[benchmarks["area_id"] == ""]
    areas = benchmarks[benchmarks["area_id"] != ""]
    keys = ["variable", "category"]
    assert city.set_index(keys)["count"].to_dict() == areas.groupby(keys)["count"].sum().to_dict()
    population = pd.to_numeric(tables["areas"]["population"]).sum()
    assert city.groupby("variable")["count"].sum().eq(population).all()


def test_records_agree_with_the_truth(tables, truth):
    costs = tables["costs"].assign(amount=pd.to_numeric(tables["costs"]["amount"]))
    assert set(costs["source"]) == {"grant", "budget", "in_kind", "sponsor"}
    totals = costs.groupby("program_id")["amount"].sum()
    told = {name: program["records"]["cost_total"] for name, program in truth["programs"].items()}
    assert totals.to_dict() == pytest.approx(told)
    for table, done, day in (
        ("referrals", "completed_date", "date"),
        ("concerns", "resolved_on", "raised_on"),
    ):
        closed = tables[table][tables[table][done] != ""]
        assert (closed[done] > closed[day]).all()
        assert 0.4 < len(closed) / len(tables[table]) < 0.9


def test_truth_covers_every_program_and_outcome(tables, truth, settings):
    assert list(truth["programs"]) == tables["programs"]["program_id"].tolist()
    placed = set(tables["program_areas"]["program_id"])
    for program_id, program in truth["programs"].items():
        assert (program["crime"] is not None) == (program_id in placed)
        if program["crime"]:
            assert list(program["crime"]["outcomes"]) == list(settings["crime"]["outcomes"])


def test_data_dictionary_names_every_file_with_its_rows(tables):
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for name, table in tables.items():
        assert f"| {name}.csv | {len(table):,} |" in text
