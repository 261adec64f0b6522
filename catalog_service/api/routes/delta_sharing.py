"""The Delta Sharing protocol: shares, tables, snapshots, changes, signed files. Its own errors and credentials.

Paths and bodies are the protocol's. Profiles are made at `/api/v1/grants/{id}/profile`.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from catalog_service.api.dependencies import LANGUAGE, SLUG, PlatformDep
from catalog_service.api.files import file_response
from catalog_service.api.identity import SIGNED_IN, PrincipalDep
from catalog_service.api.openapi import Responses, errors
from catalog_service.catalog.delta_sharing import OPEN_SHARE, OPEN_TOKEN, ResponseFormat, capabilities, chosen_format, share_of
from catalog_service.catalog.errors import InvalidError, UnauthenticatedError, problem
from catalog_service.services import delta_sharing, profiles
from catalog_service.services.delta_sharing import PREFIX, SharedTable, Span
from catalog_service.services.profiles import Recipient
from catalog_service.web.identity import ENTRANCE

router = APIRouter(prefix=PREFIX, include_in_schema=False, dependencies=[ENTRANCE])  # the protocol has its own document
own_router = APIRouter(prefix="/api/v1", tags=["delta sharing"], dependencies=LANGUAGE)

_NDJSON = "application/x-ndjson; charset=utf-8"
_MOST = 500
Share = Annotated[str, Path(pattern=r"^(open|grant_[0-9a-f]{32})$")]
Slug = Annotated[str, Path(pattern=SLUG)]
Instant = Annotated[dt.datetime | None, Query()]
Version = Annotated[int | None, Query(ge=0, le=2**53)]
GrantId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
_LINES: Responses = {
    200: {"description": "ndjson", "content": {"application/x-ndjson": {"schema": {"type": "string"}}}},
    **errors(400, 401, 403, 404, 409, 410),
}
_LIST = errors(400, 401, 404)
_FILE: Responses = {
    200: {"description": "文件 / the file", "content": {"application/vnd.apache.parquet": {"schema": {"type": "string"}}}},
    206: {"description": "文件的一部分 / a part of it"},
    304: {"description": "未改变 / not changed"},
    **errors(400, 401, 403, 404, 409, 410, 412, 416),
}


class Wanted(BaseModel):
    """What of a table is asked for.

    `predicateHints` and `jsonPredicateHints` are allowed to be there. The protocol has them best effort, since the reader
    filters what it gets: a product is one file, or few of all values, so leaving files out by them would save next to nothing.
    """

    model_config = ConfigDict(extra="ignore")

    limitHint: Annotated[int | None, Field(ge=0, le=2**53)] = None  # noqa: N815  # the protocol's name
    version: Annotated[int | None, Field(ge=0, le=2**53)] = None
    timestamp: dt.datetime | None = None
    startingVersion: Annotated[int | None, Field(ge=0, le=2**53)] = None  # noqa: N815
    endingVersion: Annotated[int | None, Field(ge=0, le=2**53)] = None  # noqa: N815


class Page(BaseModel):
    """A page of names."""

    items: list[dict[str, str]]
    nextPageToken: str | None = None  # noqa: N815


class Profile(BaseModel):
    """A profile file; `bearerToken` is shown once."""

    shareCredentialsVersion: int  # noqa: N815
    endpoint: str
    bearerToken: str  # noqa: N815
    expirationTime: str | None = None  # noqa: N815


def _recipient(platform: PlatformDep, authorization: Annotated[str, Header(max_length=400)] = "") -> Recipient:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        zh, en = "请使用凭据文件（profile）访问", "use a profile file: its token goes into the Authorization header"
        raise UnauthenticatedError(problem("no-profile", zh, en))
    return profiles.recipient_of_token(platform, token.strip())


def _form(delta_sharing_capabilities: Annotated[str, Header(max_length=2_000)] = "") -> ResponseFormat:
    return chosen_format(delta_sharing_capabilities)


def _asks_for_end(delta_sharing_capabilities: Annotated[str, Header(max_length=2_000)] = "") -> bool:
    return capabilities(delta_sharing_capabilities).get("includeendstreamaction") == "true"


RecipientDep = Annotated[Recipient, Depends(_recipient)]
FormDep = Annotated[ResponseFormat, Depends(_form)]
EndDep = Annotated[bool, Depends(_asks_for_end)]


def _table(platform: PlatformDep, recipient: RecipientDep, share: Share, schema: Slug, name: Slug) -> SharedTable:
    return delta_sharing.table(platform, recipient, share, schema, name)


TableDep = Annotated[SharedTable, Depends(_table)]
MaxResults = Annotated[int | None, Query(alias="maxResults", ge=0, le=2**31)]
PageToken = Annotated[str | None, Query(alias="pageToken", pattern=r"^[0-9]{1,9}$")]


def _page(items: Sequence[dict[str, str]], most: int | None, token: str | None) -> Page:
    start, size = int(token or 0), min(_MOST, _MOST if most is None else most)
    end = start + size
    return Page(items=list(items[start:end]), nextPageToken=str(end) if end < len(items) and size else None)


def _lines(found: tuple[int, Iterable[dict[str, Any]]], form: ResponseFormat, ends: bool) -> Response:
    version, lines = found
    closing: list[dict[str, Any]] = [{"endStreamAction": {}}] if ends else []
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (*lines, *closing))
    told = f"responseformat={form}" + (";includeendstreamaction=true" if ends else "")
    headers = {"Delta-Table-Version": str(version), "delta-sharing-capabilities": told, "Cache-Control": "no-store"}
    return Response(text, media_type=_NDJSON, headers=headers)


@own_router.post(
    "/grants/{id_}/profile",
    dependencies=[SIGNED_IN],
    responses=errors(401, 403, 404),
    operation_id="make_profile",
    summary="生成授权的访问凭据文件，仅显示一次 / a profile file for a grant; its token is shown once",
)
def make_profile(request: Request, platform: PlatformDep, principal: PrincipalDep, id_: GrantId) -> JSONResponse:
    """A profile file for a grant; its token is shown once."""
    made = profiles.make_profile(platform, principal, id_, endpoint=_endpoint(request))
    headers = {"Content-Disposition": f'attachment; filename="{share_of(id_)}.share"', "Cache-Control": "no-store"}
    return JSONResponse(made, 201, headers)


@router.get(
    "/open.share",
    operation_id="open_profile",
    summary="开放数据的凭据文件，任何人可用 / the profile of what is open to all; no secret",
)
def open_profile(request: Request) -> Profile:
    """The profile of what is open to all; no secret."""
    return Profile.model_validate(profiles.profile_file(_endpoint(request), OPEN_TOKEN))


@router.get("/shares", responses=_LIST, operation_id="list_shares", summary="凭据可读取的共享 / the shares of a recipient")
def list_shares(recipient: RecipientDep, most: MaxResults = None, token: PageToken = None) -> Page:
    """The shares of a recipient."""
    name = OPEN_SHARE if recipient.grant is None else share_of(recipient.grant.id)
    return _page([{"name": name, "id": name}], most, token)


@router.get("/shares/{share}", responses=_LIST, operation_id="get_share", summary="一个共享 / a share")
def get_share(recipient: RecipientDep, share: Share) -> dict[str, dict[str, str]]:
    """A share."""
    delta_sharing.require_share(recipient, share)
    return {"share": {"name": share, "id": share}}


@router.get(
    "/shares/{share}/schemas",
    responses=_LIST,
    operation_id="list_schemas",
    summary="共享内的机构 / the agencies within a share",
)
def list_schemas(
    platform: PlatformDep, recipient: RecipientDep, share: Share, most: MaxResults = None, token: PageToken = None
) -> Page:
    """The agencies within a share."""
    delta_sharing.require_share(recipient, share)
    names = dict.fromkeys(one.schema for one in delta_sharing.tables(platform, recipient))
    return _page([{"name": name, "share": share} for name in names], most, token)


@router.get(
    "/shares/{share}/schemas/{schema}/tables",
    responses=_LIST,
    operation_id="list_tables",
    summary="机构的数据表 / the tables of an agency",
)
def list_tables(
    platform: PlatformDep, recipient: RecipientDep, share: Share, schema: Slug, most: MaxResults = None, token: PageToken = None
) -> Page:
    """The tables of an agency."""
    delta_sharing.require_share(recipient, share)
    found = [one.view for one in delta_sharing.tables(platform, recipient) if one.schema == schema]
    return _page(found, most, token)


@router.get(
    "/shares/{share}/all-tables",
    responses=_LIST,
    operation_id="list_all_tables",
    summary="共享内的全部数据表 / all tables of a share",
)
def list_all_tables(
    platform: PlatformDep, recipient: RecipientDep, share: Share, most: MaxResults = None, token: PageToken = None
) -> Page:
    """All tables of a share."""
    delta_sharing.require_share(recipient, share)
    return _page([one.view for one in delta_sharing.tables(platform, recipient)], most, token)


@router.get(
    "/shares/{share}/schemas/{schema}/tables/{name}/version",
    responses=_LIST,
    operation_id="get_table_version",
    response_class=Response,
    summary="当前版本，见响应头 / the current version, in the header `Delta-Table-Version`",
)
def get_version(
    platform: PlatformDep, found: TableDep, since: Annotated[dt.datetime | None, Query(alias="startingTimestamp")] = None
) -> Response:
    """The current version, in the header `Delta-Table-Version`."""
    return Response(headers={"Delta-Table-Version": str(delta_sharing.version(platform, found, _zoned(since)))})


@router.get(
    "/shares/{share}/schemas/{schema}/tables/{name}/metadata",
    responses=_LINES,
    operation_id="get_table_metadata",
    response_class=Response,
    summary="表结构 / what a table is like",
)
def get_metadata(platform: PlatformDep, recipient: RecipientDep, found: TableDep, form: FormDep, ends: EndDep) -> Response:
    """What a table is like."""
    return _lines(delta_sharing.head(platform, recipient, found, form), form, ends)


@router.post(
    "/shares/{share}/schemas/{schema}/tables/{name}/query",
    responses=_LINES,
    operation_id="query_table",
    response_class=Response,
    summary="读取某一版本的文件地址 / the files of a version, or of what changed since one",
)
def query(
    request: Request,
    platform: PlatformDep,
    recipient: RecipientDep,
    found: TableDep,
    form: FormDep,
    ends: EndDep,
    wanted: Wanted,
) -> Response:
    """The files of a version, or of what changed since one."""
    base_url = _base(request)
    if wanted.startingVersion is not None:
        span = Span(start=wanted.startingVersion, end=wanted.endingVersion)
        return _lines(delta_sharing.changes(platform, recipient, found, form, span, base_url=base_url), form, ends)
    answer = delta_sharing.snapshot(
        platform,
        recipient,
        found,
        form,
        base_url=base_url,
        number=wanted.version,
        at=_zoned(wanted.timestamp),
        limit=wanted.limitHint,
    )
    return _lines(answer, form, ends)


@router.get(
    "/shares/{share}/schemas/{schema}/tables/{name}/changes",
    responses=_LINES,
    operation_id="query_table_changes",
    response_class=Response,
    summary="变更数据 / the change data feed: what each published version added and removed",
)
def query_changes(
    request: Request,
    platform: PlatformDep,
    recipient: RecipientDep,
    found: TableDep,
    form: FormDep,
    ends: EndDep,
    start: Annotated[int | None, Query(alias="startingVersion", ge=0, le=2**53)] = None,
    end: Annotated[int | None, Query(alias="endingVersion", ge=0, le=2**53)] = None,
    start_at: Annotated[dt.datetime | None, Query(alias="startingTimestamp")] = None,
    end_at: Annotated[dt.datetime | None, Query(alias="endingTimestamp")] = None,
) -> Response:
    """The change data feed: what each published version added and removed."""
    span = Span(start, end, _zoned(start_at), _zoned(end_at))
    return _lines(delta_sharing.changes(platform, recipient, found, form, span, base_url=_base(request)), form, ends)


@router.api_route(
    "/files/{profile}/{zone}/{holder}/{name}/{version}/{position}.parquet",
    methods=["GET", "HEAD"],
    include_in_schema=False,
    responses=_FILE,
    response_class=Response,
)
def get_file(
    request: Request,
    platform: PlatformDep,
    profile: Annotated[str, Path(pattern=r"^(open|[0-9a-f-]{36})$")],
    zone: Annotated[str, Path(pattern=r"^(open|share)$")],
    holder: Annotated[str, Path(max_length=63)],
    name: Annotated[str, Path(max_length=200)],
    version: Annotated[int, Path(ge=0, le=2**53)],
    position: Annotated[int, Path(ge=1, le=10_000)],
) -> Response:
    """签名地址的文件 / the file of a signed address; whoever it was signed for must still be allowed to read it."""
    key, query_ = (zone, holder, name), request.query_params
    found = delta_sharing.open_signed(platform, request.url.path, query_, profile, key, version, position)
    return file_response(request, found, is_pinned=True, is_open=zone == OPEN_SHARE)


def _base(request: Request) -> str:
    public_url: str = request.app.state.platform.settings.public_url
    return public_url or str(request.base_url).rstrip("/")


def _endpoint(request: Request) -> str:
    return _base(request) + PREFIX


def _zoned(instant: dt.datetime | None) -> dt.datetime | None:
    """Return an instant with its zone; UTC where none was given, as the protocol's clients mean it."""
    if instant is None or instant.tzinfo is not None:
        return instant
    if not dt.MINYEAR + 1 < instant.year < dt.MAXYEAR:
        zh, en = "时间超出范围", "the time is out of range"
        raise InvalidError(problem("bad-time", zh, en))
    return instant.replace(tzinfo=dt.UTC)
