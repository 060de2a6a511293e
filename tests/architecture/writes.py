"""Finds the functions of the product that change data, and those among them that no audit entry will speak of.

Read from the source, so that a path which no test takes counts as well. A function changes data when it calls a writing
method of the ORM, or mentions SQL that writes, directly or through a constant. It answers for that with an entry: it
calls `record`, `append` or `prepare` of apps.audit.entries, or its SQL inserts into `audit_entry`; or a private
function beside it does, or one elsewhere that does nothing else. A function without an entry leaves the duty to
whoever mentions it. A duty that reaches a function which nobody mentions, such as a view or a task, has not been met.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

WRITING_METHODS = frozenset(
    prefix + name
    for name in ("create", "save", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create")
    for prefix in ("", "a")
)
WRITING_SQL = re.compile(
    r"\b(INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE\s+(?!ON\b)\w+|COPY\s+[^;]*FROM\s+STDIN"
    r"|UPDATE\s+(ONLY\s+)?[\w.\"{}%]+(\s+(AS\s+)?\w+)?\s+SET)\b"
)
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ENTRY_SQL = re.compile(r"\bINSERT\s+INTO\s+audit_entry\b")
ENTRY_MODULE, ENTRY_FUNCTIONS = "apps.audit.entries", frozenset({"record", "append", "prepare"})


@dataclass
class Scope:
    """A function with all that is inside it, or a constant of a module."""

    name: str  # "apps.cases.admission:admit", "apps.cases.models:Case.close"
    writes: list[str] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)  # the text of the statements that write
    recorded: bool = False
    mentions: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)  # names of methods that it calls on objects of unknown type
    constant: bool = False

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    def part_of(self, module: str) -> bool:
        """Whether it is a private function of the module: what it does, its callers do."""
        return self.name.startswith(f"{module}:_")

    @property
    def method(self) -> str:
        """The bare name, for a method; functions are found by their full names."""
        _, _, inside = self.name.partition(":")
        return inside.rpartition(".")[2] if "." in inside else ""


class Product:
    """The source of some modules, by module name."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.scopes: dict[str, Scope] = {}
        for module, source in sources.items():
            self.scopes |= {scope.name: scope for scope in scopes_of(module, ast.parse(source))}
        self._follow_constants()

    @classmethod
    def under(cls, root: Path) -> "Product":
        """All of `apps/` but migrations, and the stand-ins for systems of others, which keep books of their own."""
        paths = (path for path in (root / "apps").rglob("*.py") if not {"migrations", "fake"} & set(path.parts))
        return cls({module_name(path.relative_to(root)): path.read_text() for path in paths})

    def unaudited(self, allowed: Mapping[str, str]) -> dict[str, str]:
        """The writing functions whose duty nobody meets, each with how and with the way up to where it was lost."""
        lost = {scope.name: self._lost_way(scope, allowed, (), set()) for scope in self.scopes.values() if scope.writes}
        return {
            name: f"{'; '.join(self.scopes[name].writes)} (by way of {' < '.join(way)})"
            for name, way in lost.items()
            if way
        }

    def writers_of(self, app: str, model: str, table: str) -> set[str]:
        """The functions that change data and name the model, or whose SQL names its table."""
        return {
            scope.name
            for scope in self.scopes.values()
            if scope.writes and not scope.constant and (_names(scope, app, model) or _speaks_of(scope, table))
        }

    def _lost_way(
        self, scope: Scope, allowed: Mapping[str, str], below: tuple[str, ...], seen: set[str]
    ) -> tuple[str, ...]:
        """Each scope is gone through once: where it is not lost the first time, no other way to it loses it."""
        if scope.constant or scope.name in allowed or scope.name in seen or self._answers(scope):
            return ()
        seen.add(scope.name)
        way = (*below, scope.name)
        if not self._mentioned_by[scope.name]:
            return way
        return next(
            filter(None, (self._lost_way(user, allowed, way, seen) for user in self._mentioned_by[scope.name])), ()
        )

    def _answers(self, scope: Scope) -> bool:
        return scope.recorded or any(
            other.recorded and (other.part_of(scope.module) or not self._reaches_a_write(other, set()))
            for other in self._mentioned(scope)
        )

    def _reaches_a_write(self, scope: Scope, seen: set[str]) -> bool:
        """The log's own writes, of the entry and its digests, do not count."""
        if scope.name in seen or scope.module.startswith("apps.audit"):
            return False
        seen.add(scope.name)
        return bool(scope.writes) or any(self._reaches_a_write(other, seen) for other in self._mentioned(scope))

    def _mentioned(self, scope: Scope) -> Iterator[Scope]:
        return (self.scopes[name] for name in sorted(scope.mentions) if name in self.scopes)

    @cached_property
    def _mentioned_by(self) -> dict[str, list[Scope]]:
        users: dict[str, list[Scope]] = {name: [] for name in self.scopes}
        for scope in self.scopes.values():
            for other in self.scopes.values():
                mentioned = other.name in scope.mentions or (other.method and other.method in scope.methods)
                if mentioned and other is not scope:
                    users[other.name].append(scope)
        return users

    def _follow_constants(self) -> None:
        """What a constant's SQL does is done by the function that mentions the constant, at whatever distance."""
        changed = True
        while changed:
            changed = False
            for scope in self.scopes.values():
                for name in scope.mentions:
                    constant = self.scopes.get(name)
                    if constant is None or not constant.constant:
                        continue
                    fresh = [write for write in constant.writes if write not in scope.writes]
                    changed |= bool(fresh) or (constant.recorded and not scope.recorded)
                    scope.writes += fresh
                    scope.sql += [text for text in constant.sql if text not in scope.sql]
                    scope.recorded |= constant.recorded


def _names(scope: Scope, app: str, model: str) -> bool:
    return any(name.startswith(f"{app}.") and name.endswith(f":{model}") for name in scope.mentions)


def _speaks_of(scope: Scope, table: str) -> bool:
    return any(re.search(rf"\b{table}\b", text) for text in scope.sql)


def scopes_of(module: str, tree: ast.Module) -> Iterator[Scope]:
    names = imported(module, tree)
    names |= {node.name: f"{module}:{node.name}" for node in tree.body if isinstance(node, DEFINITION)}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id: f"{module}:{target.id}" for target in targets if isinstance(target, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield read(Scope(f"{module}:{node.name}"), node, names)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield read(Scope(f"{module}:{node.name}.{part.name}"), part, names)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield read(Scope(f"{module}:{target.id}", constant=True), node.value, names)


def read(scope: Scope, node: ast.AST, names: Mapping[str, str]) -> Scope:
    prose = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Expr)}
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in prose:
            found = WRITING_SQL.search(part.value)
            if found:
                scope.writes.append(f"line {part.lineno}: {' '.join(found.group().split())}")
                scope.sql.append(part.value)
            scope.recorded |= ENTRY_SQL.search(part.value) is not None
        elif isinstance(part, ast.Name) and part.id in names:
            scope.mentions.add(names[part.id])
        elif isinstance(part, ast.Attribute):
            full = dotted(part, names)
            if full:
                scope.mentions.add(full)
            else:
                scope.methods.add(part.attr)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and writes_rows(part, part.func):
            scope.writes.append(f"line {part.lineno}: .{part.func.attr}()")
    scope.recorded |= any(f"{ENTRY_MODULE}:{name}" in scope.mentions for name in ENTRY_FUNCTIONS)
    return scope


def writes_rows(call: ast.Call, method: ast.Attribute) -> bool:
    if method.attr in WRITING_METHODS:
        return True
    # A dictionary or a hash is updated with a value, rows are updated by name.
    return method.attr in {"update", "aupdate"} and bool(call.keywords) and not call.args


def imported(module: str, tree: ast.AST) -> dict[str, str]:
    """What each imported name of ours stands for, as "apps.audit.entries:record"."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("apps"):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}:{alias.name}"
    return names


def dotted(node: ast.Attribute, names: Mapping[str, str]) -> str:
    """`ledger.plan` with `from apps.connectors import ledger` is "apps.connectors.ledger:plan"."""
    if not isinstance(node.value, ast.Name) or node.value.id not in names:
        return ""
    package, _, name = names[node.value.id].partition(":")
    return f"{package}.{name}:{node.attr}" if name.islower() else ""


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")
