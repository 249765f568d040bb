#!/usr/bin/env python3
"""The crash test: kills the server while eight clients write, and looks at what is left.

    python3 tests/crash.py --rounds 20
    .ci/postgres python3 tests/crash.py --rounds 20      # without --fast: the disk is waited for

Each round starts the server, lets eight clients write for a moment (new tasks, patches, batches of five,
offers), sends SIGKILL, starts it again and asks the API whether

  * every write that was acknowledged is there, with the acknowledged version or a later one;
  * a write that was not acknowledged is there whole or not at all, and once when it is retried with its
    Idempotency-Key; a retry of an acknowledged one answers the same bytes;
  * no batch is there by half;
  * the journal has a line for each of it, its revisions run 1, 2, 3 … without a gap, and playing it back gives
    the tasks as they are;
  * task numbers are unique and run without a gap, and no task has two open offers;
  * SQLite finds nothing wrong with the file.

The rounds share one database, so what an earlier round wrote is looked at again after each later crash.
SIGKILL takes the process, not the machine: what the system's cache holds survives. That the server waits for
the disk is a setting of the database (`synchronous = FULL`), which this test cannot prove.

RELAIS_TEST_DATABASE_URL or --database-url names a PostgreSQL in which a database of its own is made (with
psql) and dropped; otherwise SQLite in a temporary folder. Standard library only. Exits 1 when anything failed.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

CLIENTS = 8
BATCH = 5
PASSWORD = "correct horse battery staple"
ROOT = pathlib.Path(__file__).resolve().parent.parent
NEXT_STATUS = {"todo": "in_progress", "in_progress": "in_review", "in_review": "done", "done": "todo"}
OPEN_OFFER = ("offered", "countered")


class Failure(Exception):
    """Something is not as it must be."""


class Unanswered(Exception):
    """A request went out, perhaps, and nothing came back."""


def check(holds, message):
    if not holds:
        raise Failure(message)


# ---------------------------------------------------------------- the database


class Sqlite:
    name = "SQLite"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="relais-crash-")
        self.file = os.path.join(self.folder, "relais.db")
        self.url = f"sqlite:{self.file}"

    def settle(self):
        """Nothing goes on without the process."""

    def examine(self):
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as conn:
            found = conn.execute("PRAGMA integrity_check").fetchall()
            check(found == [("ok",)], f"integrity_check: {found[:5]}")
            found = conn.execute("PRAGMA foreign_key_check").fetchall()
            check(found == [], f"foreign_key_check: {found[:5]}")
        conn.close()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    name = "PostgreSQL"

    def __init__(self, server):
        self.server = server
        self.psql = find_psql()
        self.database = f"relais_crash_{os.getpid()}_{uuid.uuid4().hex[:8]}"
        self.run(server, f"CREATE DATABASE {self.database}")
        parts = urllib.parse.urlsplit(server)
        self.url = urllib.parse.urlunsplit(parts._replace(path=f"/{self.database}"))

    def run(self, url, statement):
        done = subprocess.run(
            [self.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement],
            capture_output=True, text=True, check=False,
        )
        check(done.returncode == 0, f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def settle(self):
        """A transaction whose client died may still be committing: wait until none is left."""
        deadline = time.monotonic() + 20
        busy = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        while self.run(self.url, busy) != "0":
            check(time.monotonic() < deadline, "connections of the dead server stay open")
            time.sleep(0.05)

    def examine(self):
        """The server checks its own files."""

    def remove(self):
        try:
            self.run(self.server, f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        except Failure as failure:
            print(f"left behind: {self.database}: {failure}", file=sys.stderr)


def find_psql():
    on_path = shutil.which("psql")
    if on_path:
        return on_path
    found = subprocess.run([ROOT / ".ci/find-postgres"], capture_output=True, text=True, check=False)
    check(found.returncode == 0, "psql was not found")
    return os.path.join(found.stdout.strip(), "psql")


# ---------------------------------------------------------------- the server


class Server:
    """A child process. Only ever killed by its own pid."""

    def __init__(self, binary, url, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--database-url", url,
                "--access-token-minutes", "1440", "--rate-limit", "100000000",
                "--sign-in-rate-limit", "100000000", "--log", "warn",
            ],
            stdout=subprocess.DEVNULL, stderr=log, cwd=tempfile.gettempdir(),
        )
        self.wait_until_ready()

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while True:
            check(self.process.poll() is None, f"the server ended with {self.process.returncode}")
            try:
                if Caller(self.port, None).send("GET", "/readyz").status == 200:
                    return
            except Unanswered:
                pass
            if time.monotonic() > deadline:
                self.kill()
                raise Failure("the server is not ready after 60 s")
            time.sleep(0.02)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def body(self):
        return json.loads(self.raw)


class Caller:
    """One keep-alive connection."""

    def __init__(self, port, token):
        self.port, self.token, self.connection = port, token, None

    def send(self, method, path, body=None, key=None):
        headers = {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        raw = None
        if body is not None:
            raw = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.request(method, path, raw, headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as cause:
            self.close()
            raise Unanswered(str(cause)) from cause

    def get(self, path):
        return self.must(200, "GET", path)

    def must(self, status, method, path, body=None):
        answer = self.send(method, path, body)
        check(answer.status == status, f"{method} {path}: {answer.status} {answer.raw[:300]!r}")
        return answer.body

    def pages(self, path):
        joint = "&" if "?" in path else "?"
        cursor = ""
        while cursor is not None:
            page = self.get(f"{path}{joint}limit=100{cursor and f'&cursor={cursor}'}")
            yield from page["items"]
            cursor = page["next_cursor"]

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# ---------------------------------------------------------------- the writers


class Write:
    """A request, and what became of it."""

    def __init__(self, kind, method, path, body, mark, task_id=None):
        self.kind, self.method, self.path, self.body = kind, method, path, body
        self.mark, self.task_id = mark, task_id
        self.key = uuid.uuid4().hex
        self.answer = None


class Client(threading.Thread):
    """Writes until the server is gone. It alone changes the tasks that it made."""

    def __init__(self, name, port, team, random_source):
        super().__init__(daemon=True)
        self.client, self.team, self.random = name, team, random_source
        self.caller = Caller(port, team.token)
        self.acknowledged, self.unanswered, self.error = [], None, None
        self.own = []  # [id, status, whether an offer is open]
        self.count = 0
        self.gate = threading.Event()

    def run(self):
        self.gate.wait()
        try:
            while True:
                write = self.next_write()
                try:
                    answer = self.caller.send(write.method, write.path, write.body, write.key)
                except Unanswered:
                    self.unanswered = write
                    return
                check(
                    answer.status in (200, 201),
                    f"{write.kind}: {answer.status} {answer.raw[:300]!r}",
                )
                write.answer = answer
                self.acknowledged.append(write)
                self.note(write)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            self.caller.close()

    def next_write(self):
        self.count += 1
        mark = f"{self.client}-{self.count}"
        tasks = self.team.path("/tasks")
        turn = self.random.random()
        if not self.own or turn < 0.35:
            body = {"title": f"one {mark}", "external_id": mark, "labels": ["a", "b"], "due_on": "2027-01-31"}
            return Write("create", "POST", tasks, body, mark)
        if turn < 0.55:
            operations = [
                {"op": "create", "title": f"batch {mark}", "external_id": f"{mark}/{n}"} for n in range(BATCH)
            ]
            return Write("batch", "POST", f"{tasks}/batch", {"operations": operations}, mark)
        task = self.random.choice(self.own)
        # Offered once, a task keeps its status; a task that is done cannot be offered.
        if turn < 0.85 or task[2] or task[1] == "done":
            if self.random.random() < 0.5 and not task[2]:
                task[1] = NEXT_STATUS[task[1]]
                patch = {"status": task[1], "description": mark}
            else:
                patch = {"title": f"patched {mark}", "description": mark}
            return Write("patch", "PATCH", f"{tasks}/{task[0]}", patch, mark, task[0])
        task[2] = True
        offer = {"delegate_id": self.team.delegate_id, "message": mark}
        return Write("offer", "POST", f"{tasks}/{task[0]}/delegations", offer, mark, task[0])

    def note(self, write):
        if write.kind == "create":
            self.own.append([write.answer.body["id"], "todo", False])
        elif write.kind == "batch":
            self.own.extend([task["id"], "todo", False] for task in made_tasks(write))


def made_tasks(write):
    """The tasks that a create or a batch answered with."""
    body = write.answer.body
    return [result["task"] for result in body["results"]] if write.kind == "batch" else [body]


class Team:
    """Made once, before the first crash."""

    def __init__(self, port):
        self.token = sign_up(port, "olga")
        owner = Caller(port, self.token)
        team = owner.must(201, "POST", "/v1/teams", {"name": "Crash", "key": "CRASH", "time_zone": "UTC"})
        self.id = team["id"]
        delegate = Caller(port, sign_up(port, "dan"))
        invitation = owner.must(
            201, "POST", self.path("/invitations"), {"email": "dan@example.org", "role": "member"}
        )
        accepted = delegate.send("POST", "/v1/invitations/accept", {"secret": invitation["secret"]})
        check(accepted.status in (200, 201), f"the invitation: {accepted.status} {accepted.raw!r}")
        self.delegate_id = delegate.get(self.path("/members/me"))["id"]

    def path(self, rest):
        return f"/v1/teams/{self.id}{rest}"


def sign_up(port, name):
    visitor = Caller(port, None)
    person = {"email": f"{name}@example.org", "password": PASSWORD}
    visitor.must(201, "POST", "/v1/accounts", {**person, "name": name.capitalize()})
    session = visitor.send("POST", "/v1/sessions", person)
    check(session.status in (200, 201), f"signing in: {session.status} {session.raw!r}")
    return session.body["access_token"]


# ---------------------------------------------------------------- what must hold


class Found:
    """Everything that is in the team, read through the API."""

    def __init__(self, caller, team, lines):
        self.tasks = {task["id"]: task for task in caller.pages(team.path("/tasks"))}
        self.offers = {one["id"]: one for one in caller.pages(team.path("/delegations"))}
        # Read last, so that whatever was found above has its line here; lines never change.
        last = lines[-1]["revision"] if lines else 0
        lines.extend(caller.pages(team.path(f"/changes?after={last}")))
        self.lines = lines
        self.by_revision = {(line["revision"], line["record_id"]) for line in lines}
        self.by_external_id = {
            task["external_id"]: task for task in self.tasks.values() if task["external_id"]
        }
        self.offer_of = {one["message"]: one for one in self.offers.values()}


def check_journal(found):
    place = (0, 0)
    for line in found.lines:
        revision, position = line["revision"], line["position"]
        follows = (revision, position) == (place[0], place[1] + 1) and revision > 0
        begins = (revision, position) == (place[0] + 1, 1)
        check(follows or begins, f"after line {place} of the journal comes {(revision, position)}")
        place = (revision, position)

    played = {}
    for line in found.lines:
        if line["kind"] in ("task", "delegation"):
            record = played.setdefault(line["record_id"], {})
            check(
                bool(record) != (line["action"] == "created"),
                f"revision {line['revision']}: {line['action']} does not follow what was before",
            )
            for name, change in line["changes"].items():
                check(
                    record.get(name) == change["from"],
                    f"revision {line['revision']}: {name} was {record.get(name)!r}, not {change['from']!r}",
                )
                record[name] = change["to"]
            record["version"] = line["revision"]
    for kind in (found.tasks, found.offers):
        for record in kind.values():
            name = record.get("key", record["id"])
            check(record["id"] in played, f"{name} has no line in the journal")
            for member, value in played[record["id"]].items():
                check(
                    record[member] == value,
                    f"{name}: {member} is {record[member]!r}, in the journal {value!r}",
                )
    check(len(played) == len(found.tasks) + len(found.offers), "the journal tells of records that are not there")


def check_numbers(found):
    numbers = sorted(task["number"] for task in found.tasks.values())
    check(numbers == list(range(1, len(numbers) + 1)), "task numbers are not 1, 2, 3 … each once")
    open_offers = [one["task_id"] for one in found.offers.values() if one["state"] in OPEN_OFFER]
    check(len(open_offers) == len(set(open_offers)), "a task has two open offers")


def check_acknowledged(found, write):
    what = f"{write.kind} {write.mark}"
    if write.kind in ("create", "batch"):
        made = made_tasks(write)
        check(len(made) == len(parts(write)), f"{what}: {len(made)} tasks were acknowledged")
        records = [(task, found.tasks.get(task["id"])) for task in made]
    elif write.kind == "patch":
        records = [(write.answer.body, found.tasks.get(write.task_id))]
    else:
        records = [(write.answer.body, found.offers.get(write.answer.body["id"]))]
    for said, record in records:
        check(record is not None, f"{what} was acknowledged and is gone")
        check(
            record["version"] >= said["version"],
            f"{what} was acknowledged with version {said['version']}, there is {record['version']}",
        )
        check(
            (said["version"], said["id"]) in found.by_revision,
            f"{what}: revision {said['version']} has no line for it in the journal",
        )
        if record["version"] == said["version"]:
            # The answer may say more than the list does: a delegation's chain, for one.
            differs = {name: value for name, value in record.items() if said.get(name) != value}
            check(not differs, f"{what} is not as it was acknowledged: {differs} differ")


def parts(write):
    """The external ids of the tasks that a create or a batch makes."""
    return [item["external_id"] for item in write.body.get("operations", [write.body])]


def traces(found, write):
    """How many of a write's records are there."""
    if write.kind in ("create", "batch"):
        return sum(part in found.by_external_id for part in parts(write))
    if write.kind == "offer":
        return sum(one["message"] == write.mark for one in found.offers.values())
    return sum(
        line["changes"].get("description", {}).get("to") == write.mark
        for line in found.lines
        if line["record_id"] == write.task_id
    )


def whole(write):
    return BATCH if write.kind == "batch" else 1


def retry(caller, found, write):
    """Sends an unanswered write again, with its key: it must be there once."""
    what = f"unanswered {write.kind} {write.mark}"
    before = traces(found, write)
    check(before in (0, whole(write)), f"{what}: {before} of {whole(write)} are there")
    answer = caller.send(write.method, write.path, write.body, write.key)
    check(answer.status in (200, 201), f"{what}, retried: {answer.status} {answer.raw[:300]!r}")
    replayed = answer.headers.get("Idempotent-Replayed") == "true"
    check(replayed == (before > 0), f"{what}: {before} were there, and the retry was replayed: {replayed}")
    write.answer = answer


def replay(caller, write):
    """Sends an acknowledged write again, with its key: the same bytes come back."""
    answer = caller.send(write.method, write.path, write.body, write.key)
    check(
        answer.headers.get("Idempotent-Replayed") == "true" and answer.raw == write.answer.raw,
        f"{write.kind} {write.mark}: its key does not give the same answer: {answer.status} {answer.raw[:300]!r}",
    )


# ---------------------------------------------------------------- the rounds


class Test:
    def __init__(self, binary, database, random_source, log):
        self.binary, self.database, self.random, self.log = binary, database, random_source, log
        self.team, self.lines, self.writes, self.server = None, [], [], None
        self.own = [[] for _ in range(CLIENTS)]

    def start(self):
        self.server = Server(self.binary, self.database.url, self.log)
        if self.team is None:
            self.team = Team(self.server.port)

    def round(self, number):
        self.start()
        clients = [
            Client(f"r{number}c{one}", self.server.port, self.team, random.Random(self.random.random()))
            for one in range(CLIENTS)
        ]
        for client, own in zip(clients, self.own):
            client.own = own
            client.start()
        for client in clients:
            client.gate.set()
        # From the first answers on, so that a slow machine kills in the middle of the work as well.
        deadline = time.monotonic() + 20
        while sum(len(client.acknowledged) for client in clients) < CLIENTS and time.monotonic() < deadline:
            time.sleep(0.01)
        moment = self.random.uniform(0.3, 1.5)
        time.sleep(moment)
        self.server.kill()
        for client in clients:
            client.join(30)
            check(not client.is_alive(), "a client hangs although the server is dead")
            if client.error:
                raise client.error
        self.database.settle()

        acknowledged = [write for client in clients for write in client.acknowledged]
        unanswered = [client.unanswered for client in clients if client.unanswered]
        self.start()
        caller = Caller(self.server.port, self.team.token)
        found = Found(caller, self.team, self.lines)
        self.writes.extend(acknowledged)
        self.check(found)
        there = sum(traces(found, write) > 0 for write in unanswered)
        for write in unanswered:
            retry(caller, found, write)
        for write in self.random.sample(acknowledged, min(40, len(acknowledged))):
            replay(caller, write)

        # Once more, with what the retries did.
        found = Found(caller, self.team, self.lines)
        self.writes.extend(unanswered)
        self.check(found)
        for write in unanswered:
            count = traces(found, write)
            check(count == whole(write), f"retried {write.kind} {write.mark}: {count} are there")
        for client in clients:
            if client.unanswered:
                client.note(client.unanswered)
        caller.close()
        self.database.examine()
        self.server.kill()
        self.database.settle()
        return (
            f"killed after {moment:.2f} s: {len(acknowledged)} acknowledged, {len(unanswered)} unanswered"
            f" ({there} of them kept); {len(found.tasks)} tasks, {self.lines[-1]['revision']} revisions in all"
        )

    def check(self, found):
        check_journal(found)
        check_numbers(found)
        for write in self.writes:
            check_acknowledged(found, write)


def find_binary():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [target / profile / "relais" for profile in ("release", "debug")]
    built = [path for path in built if path.exists()]
    if not built:
        sys.exit("There is no relais to test: run `cargo build`, or name one with --binary.")
    return str(max(built, key=lambda path: path.stat().st_mtime))


def main():
    parser = argparse.ArgumentParser(
        description="Kills the server while eight clients write, and looks at what is left."
    )
    parser.add_argument("--rounds", type=int, default=20, help="how many crashes (default: 20)")
    parser.add_argument("--binary", help="the program (default: the newest in the target folder)")
    parser.add_argument("--database-url", help="a PostgreSQL to make a database in (default: SQLite)")
    parser.add_argument("--seed", type=int, help="repeats the choices of a run, though not its timing")
    arguments = parser.parse_args()
    server = arguments.database_url or os.environ.get("RELAIS_TEST_DATABASE_URL")
    seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
    binary = os.path.abspath(arguments.binary) if arguments.binary else find_binary()
    database = Postgres(server) if server else Sqlite()
    print(f"{binary} on {database.name}, {CLIENTS} clients, seed {seed}", flush=True)

    passed = failed = 0
    with tempfile.TemporaryFile() as log:
        test = Test(binary, database, random.Random(seed), log)
        try:
            for number in range(1, arguments.rounds + 1):
                try:
                    said = test.round(number)
                    passed += 1
                    print(f"round {number:2}: passed, {said}", flush=True)
                except (Failure, Unanswered, KeyError, ValueError) as failure:
                    failed += 1
                    print(f"round {number:2}: FAILED: {failure!r}", flush=True)
                    # What is wrong once would be found again in every later round.
                    break
        finally:
            if test.server:
                test.server.kill()
            if failed:
                log.seek(0)
                sys.stdout.write(log.read()[-4000:].decode(errors="replace"))
            database.remove()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed < arguments.rounds else 0


if __name__ == "__main__":
    sys.exit(main())
