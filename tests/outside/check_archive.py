"""Checks an unpacked archive of Regie with tools that are not Regie's.

Needs what requirements.txt names. Prints how many checks were made, or says what is wrong and ends with 1.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import Counter
from datetime import date, datetime, timezone
from pathlib import Path

import yaml
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from jsonschema import Draft202012Validator, FormatChecker

ACTIVE = "=+-@\t\r\n＝＋－＠'"
RESOURCES = {
    "Observation": Observation,
    "Questionnaire": Questionnaire,
    "QuestionnaireResponse": QuestionnaireResponse,
}


class Wrong(Exception):
    """Something in the archive is not as it should be."""


class Checks:
    def __init__(self, folder: Path):
        self.folder = folder
        self.count = 0
        self.data = json.loads(self.text("data.json"))

    def that(self, holds: object, what: str) -> None:
        self.count += 1
        if not holds:
            raise Wrong(what)

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode("utf-8")

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    # The parts

    def checksums(self) -> None:
        listed = {}
        for line in self.text("checksums.sha256").splitlines():
            digest, _, name = line.partition("  ")
            listed[name] = digest
        files = {
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        }
        self.that(files == {*listed, "checksums.sha256"}, "checksums name other files than there are")
        for name, digest in listed.items():
            found = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            self.that(found == digest, f"{name}: another checksum")

    def schema(self) -> None:
        schema = json.loads(self.text("regie-data-2.schema.json"))
        Draft202012Validator.check_schema(schema)
        checker = FormatChecker()
        for kind in ("uuid", "date", "date-time"):
            self.that(kind in checker.checkers, f"no checker for {kind}: install requirements.txt")
        faults = list(Draft202012Validator(schema, format_checker=checker).iter_errors(self.data))
        self.that(not faults, f"data.json: {faults[0].json_path if faults else ''} is not as the schema says")

    def fhir(self) -> None:
        if not self.has("fhir/bundle.json"):
            return
        text = self.text("fhir/bundle.json")
        Bundle.model_validate_json(text)
        bundle = json.loads(text)
        self.that(bundle["type"] == "collection", "the Bundle is no collection")
        found = {}
        for entry in bundle["entry"]:
            resource = entry["resource"]
            kind = resource["resourceType"]
            self.that(kind in RESOURCES, f"unexpected {kind}")
            RESOURCES[kind].model_validate(resource)
            self.that(entry["fullUrl"] not in found, "the same fullUrl twice")
            found[entry["fullUrl"]] = resource
        by_kind = Counter(resource["resourceType"] for resource in found.values())
        runs = {run["id"]: run for run in self.data["runs"]}
        self.that(by_kind["QuestionnaireResponse"] == len(runs), "not one response for each run")
        if self.data["givenOnly"]:
            self.that(by_kind["Observation"] == 0, "scores where only what was given goes out")
        forms = {
            f"{resource['url']}|{resource['version']}": resource
            for resource in found.values()
            if resource["resourceType"] == "Questionnaire"
        }
        for resource in found.values():
            if resource["resourceType"] == "QuestionnaireResponse":
                self.response(resource, runs[resource["id"]], forms)
            if resource["resourceType"] == "Observation":
                self.observation(resource, found)

    def response(self, response: dict, run: dict, forms: dict) -> None:
        states = {"in-progress": False, "completed": True, "amended": True}
        self.that(states[response["status"]] == ("finished" in run), "a response in another state than its run")
        form = forms.get(response.get("questionnaire"))
        if form is None:
            self.that("questionnaire" not in response, "a response to a Questionnaire that is not there")
            return
        asked = {item["linkId"]: item["answerOption"] for item in form["item"][0]["item"]}
        answered = {}
        for group in response.get("item", []):
            self.that(group["linkId"] == form["item"][0]["linkId"], "another group than the Questionnaire's")
            for item in group["item"]:
                answer = item["answer"][0]
                coding = answer.get("valueCoding")
                answered[item["linkId"]] = coding and int(coding["code"])
                if coding is None:
                    self.that(answer["extension"][0]["valueCode"] == "asked-declined", "an answer that says nothing")
                    continue
                options = [(option["valueCoding"]["system"], option["valueCoding"]["code"]) for option in asked[item["linkId"]]]
                self.that((coding["system"], coding["code"]) in options, "an answer that the Questionnaire does not offer")
        self.that(answered == run["answers"], "other answers than in data.json")

    def observation(self, observation: dict, found: dict) -> None:
        value = observation["valueQuantity"]["value"]
        self.that(0 <= value <= 100, "a score outside 0 to 100")
        source = found[observation["derivedFrom"][0]["reference"]]
        self.that(source["resourceType"] == "QuestionnaireResponse", "a score derived from something else")
        self.that(source["status"] in ("completed", "amended"), "a score of what is not finished")
        self.that(observation["note"][0]["text"], "a score that does not say how it came about")

    def diary(self) -> None:
        if not self.has("diary"):
            return
        entries = {entry["id"]: entry for entry in self.data["entries"]}
        seen = set()
        for path in sorted((self.folder / "diary").rglob("*")):
            if path.is_dir():
                continue
            name = path.relative_to(self.folder).as_posix()
            self.that(re.fullmatch(r"diary/(\d{4})/\1-\d\d-\d\d-\d{4}(-\d+)?\.md", name), f"{name}: another name")
            begin, front, body = path.read_bytes().decode("utf-8").split("---\n", 2)
            self.that(begin == "", f"{name}: no front matter")
            front = yaml.safe_load(front)
            entry = entries[front["id"]]
            seen.add(front["id"])
            self.that(body == f"\n{entry['markdown']}\n", f"{name}: another text")
            at = datetime.fromisoformat(entry["written"]["at"])
            self.that(path.name.startswith(at.strftime("%Y-%m-%d-%H%M")), f"{name}: another date in its name")
            written = front["date"] if front["date"].tzinfo else front["date"].replace(tzinfo=timezone.utc)
            self.that(written == at, f"{name}: another date")
            self.that(front.get("title", "") == entry["title"], f"{name}: another title")
            self.that(front.get("mood") == entry.get("mood"), f"{name}: another mood")
            self.that(front["tags"] == entry["tags"], f"{name}: other tags")
            self.that(front["zone"] == entry["written"]["zone"], f"{name}: another zone")
            self.that(front["restricted"] == ("restriction" in entry), f"{name}: restricted or not")
        self.that(seen == set(entries), "not one file for each entry")

    # Tables

    def table(self, name: str) -> list[dict]:
        text = self.text(name)
        self.that(text.startswith("\ufeff"), f"{name}: no mark at its beginning")
        lines = csv.reader(text[1:].splitlines(keepends=True), strict=True)
        header, *rows = lines
        for row in rows:
            self.that(len(row) == len(header), f"{name}: a line of another length")
            for cell in row:
                self.that(cell[:1] not in ACTIVE or cell == "" or cell[0] == "'", f"{name}: a cell that is a formula")
        return [dict(zip(header, row)) for row in rows]

    @staticmethod
    def plain(cell: str) -> str:
        return cell.removeprefix("'")

    def tables(self) -> None:
        if not self.has("csv"):
            return
        entries = self.table("csv/entries.csv")
        self.that(len(entries) == len(self.data["entries"]), "csv/entries.csv: not every entry")
        for row, entry in zip(entries, self.data["entries"]):
            told = (row["id"], self.plain(row["title"]), self.plain(row["text"]), row["mood"])
            self.that(
                told == (entry["id"], entry["title"], entry["markdown"], str(entry.get("mood", ""))),
                "csv/entries.csv: another entry",
            )
        runs = {run["id"]: run for run in self.data["runs"]}
        check_ins = self.table("csv/check-ins.csv")
        results = self.table("csv/results.csv")
        told = {row["id"] for row in check_ins} | {row["id"] for row in results}
        self.that(told == set(runs), "csv: not every result")
        for row in check_ins:
            run = runs[row["id"]]
            self.that(self.plain(row["note"]) == run["note"], "csv/check-ins.csv: another note")
            for statement, value in run["answers"].items():
                shown = "" if value is None else str(value)
                self.that(row[statement] == shown, "csv/check-ins.csv: another answer")
        kinds = {"score", "answer", "skipped", "note"} - ({"score"} if self.data["givenOnly"] else set())
        for row in results:
            self.that(row["kind"] in kinds, "csv/results.csv: another kind")
            run = runs[row["id"]]
            if row["kind"] == "answer":
                self.that(row["value"] == str(run["answers"][self.plain(row["name"])]), "csv/results.csv: another answer")
            if row["kind"] == "note":
                self.that(self.plain(row["text"]) == run["note"], "csv/results.csv: another note")

    def consent(self) -> None:
        if not self.has("consent.json"):
            return
        consent = json.loads(self.text("consent.json"))
        events = []
        for record in consent["consent_records"]:
            versions = set()
            for processing in record["pii_processing"]:
                self.that(processing["privacy_notice"], "consent.json: no notice")
                versions |= {purpose["purpose_version"] for purpose in processing["purposes"]}
            for event in record["events"]:
                self.that(event["purpose_version"] in versions, "consent.json: an event without its purpose")
                events.append(datetime.fromisoformat(event["event_time"]))
        chosen = [datetime.fromisoformat(choice["at"]["at"]) for choice in self.data["choices"]]
        self.that(sorted(events) == sorted(chosen), "consent.json: other events than choices")
        records = consent["consent_records"]
        receipts = [receipt["consent_record"] for receipt in consent["consent_receipts"]]
        self.that(receipts == records, "consent.json: not one receipt for each record")

    def pages(self) -> None:
        for name in ("LEESMIJ.txt", "README.txt"):
            text = self.text(name)
            self.that(f"  {len(self.data['entries'])} " in text, f"{name}: another number of entries")
            year = str(datetime.fromisoformat(self.data["made"]["at"]).date().year)
            self.that(year in text, f"{name}: no date")
        if "period" in self.data:
            period = [date.fromisoformat(self.data["period"][end]) for end in ("from", "to")]
            self.that(period == sorted(period), "data.json: a period that ends before it begins")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an archive of Regie, unpacked")
    checks = Checks(parser.parse_args().folder)
    try:
        for check in (
            checks.checksums,
            checks.schema,
            checks.fhir,
            checks.diary,
            checks.tables,
            checks.consent,
            checks.pages,
        ):
            check()
    except Wrong as wrong:
        print(wrong)
        return 1
    print(f"{checks.count} checks, all right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
