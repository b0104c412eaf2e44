"""The endpoint: POST, GET for queries, server-sent events and sockets.

Anything but a GraphQL request is answered with a 4xx status and a GraphQL error;
GraphQL requests are executed by the schema.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
)
from strawberry.types import ExecutionResult

from daybook.db.engine import Database
from daybook.db.failures import OUTAGES, outage_of
from daybook.settings import Settings
from daybook_graphql.context import STRANGER
from daybook_graphql.execution.inside import request_of
from daybook_graphql.execution.schema import Schema
from daybook_graphql.kit.errors import (
    CODE,
    ErrorCode,
    TooMany,
    failure,
    retry_seconds,
    unexpected,
)
from daybook_graphql.transport.bodies import body_within
from daybook_graphql.transport.callers import (
    Authenticator,
    credentials_in,
    credentials_of,
)
from daybook_graphql.transport.media_types import JSON, RESPONSE, media_type_for
from daybook_graphql.transport.refusals import (
    BadRequest,
    refused,
    retry_after,
    unavailable,
)
from daybook_graphql.transport.remote_context import RemoteContext
from daybook_graphql.transport.requests import (
    decoded,
    encoded,
    in_query_string,
    is_json,
    request_data,
)
from daybook_graphql.transport.trusted import load_trusted
from daybook_graphql.transport.websockets import (
    TOO_MANY,
    NotLetIn,
    TransportHandler,
)

BODY_BYTES_MAX = 2**20
"""The most bytes of a request of any caller; files go by `POST /uploads`."""
KNOWN_SECONDS = 1
"""How long a caller counts as known while the body of their request arrives."""
INIT_SECONDS = 10
"""A socket without a first message after these seconds is closed (4408)."""
TRY_AGAIN_LATER = 1013
"""The close code of a server that can't answer for a while."""
OPERATIONS_MAX = 50
"""The most operations that run at a time over one socket."""


class GraphQLApp(GraphQL[RemoteContext, None]):
    """An ASGI application for one path; the composition root mounts it."""

    graphql_transport_ws_handler_class = TransportHandler

    def __init__(
        self,
        schema: Schema,
        database: Database,
        settings: Settings,
        authenticator: Authenticator,
    ) -> None:
        """Raises InvalidOperation for a trusted document that the schema refuses."""
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(
                GRAPHQL_TRANSPORT_WS_PROTOCOL,
                GRAPHQL_SSE_PROTOCOL,
            ),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            max_subscriptions_per_connection=OPERATIONS_MAX,
        )
        self._database = database
        self._settings = settings
        self._authenticator = authenticator
        self.trusted = load_trusted(schema, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a socket until one side closes it."""
        if scope["type"] == "websocket":
            await self._serve_socket(WebSocket(scope, receive, send))
            return
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _serve_socket(self, socket: WebSocket) -> None:
        """Serve a socket; it is closed (1013) while callers can't be looked up."""
        try:
            await self.run(socket)
        except TooMany as limit:
            await socket.close(TOO_MANY, str(limit))
        except OUTAGES as failed:
            if outage_of(failed) is None:
                raise
            error = unexpected(failed)
            await socket.close(TRY_AGAIN_LATER, error.message)

    async def _answer(self, request: Request) -> Response:
        media_type = _media_type(request)
        if media_type is None and self._events(request.headers):
            media_type = JSON
        if media_type is None:
            error = failure(ErrorCode.BAD_REQUEST, f"accept {RESPONSE} or {JSON}")
            return refused(error, 406, _in_utf_8(JSON))
        content_type = _in_utf_8(media_type)
        if request.method not in {"GET", "POST"}:
            error = failure(ErrorCode.BAD_REQUEST, "send a POST, or a GET with a query")
            return refused(error, 405, content_type, {"Allow": "GET, POST"})
        try:
            return await self._run_for(request)
        except BadRequest as bad:
            return bad.response(content_type)
        except OUTAGES as failed:  # before anything was executed
            return unavailable(failed, content_type)
        except HTTPException as bad:
            is_mutation = isinstance(bad.__cause__, InvalidOperationTypeError)
            error = failure(ErrorCode.BAD_REQUEST, bad.reason)
            status = 405 if is_mutation else bad.status_code
            return refused(error, status, content_type)

    async def _run_for(self, request: Request) -> Response:
        """The answer for the request's caller; raises BadRequest."""
        request.state.credentials = credentials_of(request.headers, self._settings)
        admit = self._authenticator.limits.admit
        try:
            await self._let_in(request)
            request.state.end_request = await admit(request, request.state.caller)
            return await self.run(request)
        except TooMany as limit:
            raise BadRequest.over_limit(limit) from None

    async def _let_in(self, request: Request) -> None:
        """Look the caller up; raises BadRequest and TooMany for strangers."""
        credentials = request.state.credentials
        known = await self._authenticator.let_in(request, credentials)
        request.state.caller, request.state.present = known

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """An empty response of the media type that the request prefers."""
        response = await super().get_sub_response(request)
        response.media_type = _media_type(request)
        return response

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """The answer; without data, not even null, if nothing was executed."""
        answer = await super().process_result(request, result)
        is_executed = any(error.path is not None for error in result.errors or ())
        if result.data is None and (not is_executed or _is_no_request(answer)):
            del answer["data"]
        return answer

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """The answer in its media type, which the status depends on."""
        is_bad = "data" not in response_data
        media_type = sub_response.media_type
        status = 400 if is_bad and media_type == RESPONSE else 200
        if _is_no_request(response_data):
            status = HTTPStatus.BAD_REQUEST
        seconds = _outage_seconds(response_data)
        if seconds is not None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return Response(
            encoded(response_data),
            status,
            headers=retry_after(seconds),
            media_type=_in_utf_8(media_type),
        )

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> RemoteContext:
        if isinstance(request, WebSocket):
            credentials = credentials_of(request.headers, self._settings)
            caller = await self._authenticator.caller(credentials)
        else:
            credentials, caller = request.state.credentials, request.state.caller
        context = request.state.context = RemoteContext(
            self._database,
            self._settings,
            caller,
            authenticator=self._authenticator,
            credentials=credentials,
            connection=request,
        )
        if isinstance(request, WebSocket):
            request.state.held.callback(context.held.close)
            context.hold_socket()
        else:
            context.present = request.state.present
        return context

    async def on_ws_connect(self, context: RemoteContext) -> Any:
        """Look up the caller by the socket's first message, or by its request.

        Raises NotLetIn for strangers, and TooMany for a caller who has too many sockets
        open.
        """
        credentials = credentials_in(context.connection_params)
        if credentials is not None:
            await context.authenticate(credentials)
            context.hold_socket()
        if context.caller is STRANGER:
            raise NotLetIn
        return await super().on_ws_connect(context)

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData:
        if request.method == "GET":
            parameters = in_query_string(dict(request.query_params))
        else:
            parameters = await self._body(request)
        data = request_data(parameters, self.trusted)
        events = self._events(request.headers)
        return data if events is None else replace(data, protocol=events.protocol)

    def _events(self, headers: Mapping[str, str]) -> HTTPStreamTransport | None:
        """The transport of streamed results, if the request accepts events."""
        return self._get_stream_transport_from_headers(headers)

    def decode_json(self, data: str | bytes) -> object:
        """Decode a socket's message; any fault is reported as invalid JSON."""
        text = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        try:
            return decoded(text, "the message")
        except BadRequest as bad:
            raise JSONDecodeError(str(bad), "", 0) from None

    async def _body(self, adapter: AsyncHTTPRequestAdapter) -> dict[str, Any]:
        if not is_json(adapter.content_type or ""):
            raise BadRequest(
                "send JSON in UTF-8, with the header Content-Type: application/json",
                415,
            )
        value = decoded(await self._read(adapter), "the body")
        if isinstance(value, list):
            raise BadRequest("send one request; lists of requests are not taken")
        if not isinstance(value, dict):
            raise BadRequest('the body must be an object: {"query": "…"}')
        return value

    async def _read(self, adapter: AsyncHTTPRequestAdapter) -> bytes:
        request, start = request_of(adapter), time.monotonic()
        try:
            body = await body_within(request, BODY_BYTES_MAX)
        except ClientDisconnect:
            raise BadRequest("the body ended early") from None
        if body is None:
            message = (
                f"the body has more than {BODY_BYTES_MAX:,} bytes: send less at"
                " a time, or documents as a file to POST /uploads"
            )
            raise BadRequest(message, 413, ErrorCode.TOO_LARGE)
        if time.monotonic() - start > KNOWN_SECONDS:
            # The sender of a slow body may have lost access meanwhile.
            await self._let_in(request)
            request.state.context.caller = request.state.caller
            request.state.context.present = request.state.present
        return body


def _is_no_request(
    answer: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
) -> bool:
    """Whether the operation can't be answered by such a request: a subscription."""
    errors: Any = [] if isinstance(answer, list) else answer.get("errors") or []
    codes = [error.get("extensions", {}).get(CODE) for error in errors]
    return ErrorCode.BAD_REQUEST.value in codes


def _outage_seconds(
    answer: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
) -> int | None:
    """Seconds until a retry, if the database answered nothing."""
    if isinstance(answer, list) or answer.get("data") is not None:
        return None
    return retry_seconds(answer.get("errors") or [])  # type: ignore[arg-type]  # errors are lists in every answer


def _in_utf_8(media_type: str | None) -> str:
    return f"{media_type}; charset=utf-8"


def _media_type(request: Request | WebSocket) -> str | None:
    return media_type_for(",".join(request.headers.getlist("accept")))
