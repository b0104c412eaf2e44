"""`/saved-filters`: saving, renaming and deleting filters, and the chips of a page."""

from collections.abc import Mapping, Sequence

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daybook_web.kit.error_pages import error_page
from daybook_web.kit.forms import Problem, form_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import Who, respond
from daybook_web.kit.results import Changed
from daybook_web.kit.running import Refused, Running
from daybook_web.kit.saved import PATH, SavedFilter, SavedFilters
from daybook_web.kit.site import Site
from daybook_web.kit.tokens import nobody
from daybook_web.saved_filters.pages import PAGES, Read, read_address
from daybook_web.saved_filters.view import (
    SAVED,
    ChipsView,
    ListedFilter,
    Question,
    SavedFiltersPage,
    SavedFiltersView,
    deletion,
    groups_of,
    own_path,
    renaming,
    replacement,
    saving,
)

DUPLICATE = "DUPLICATE"
"""The code of a name that another filter has."""


def saved_filter_routes(site: Site) -> list[Route]:
    """The page of saved filters, and the chips that pages load again."""

    async def filters(request: Request) -> Response:
        page = _Page(request, site.running(request))
        return await (page.change() if request.method == "POST" else page.show())

    async def chips(request: Request) -> Response:
        read = _read(request.query_params)
        if read is None:
            return _no_page(request)
        variables = {"page": read.kept.page}
        found = await site.running(request).run(SavedFiltersPage, variables)
        saved = [
            SavedFilter(each.name, each.query, each.is_shared)
            for each in found.saved_filters
        ]
        shown = SavedFilters.of(saved, read.kept, is_valid=not read.problems)
        return respond(request, ChipsView(shown))

    return [
        site.guarded(PATH, filters, "GET", "POST"),
        site.guarded(f"{PATH}/chips", chips, stranger=nobody),
    ]


class _Page:
    """One request for the page."""

    def __init__(self, request: Request, running: Running) -> None:
        self.request = request
        self.running = running

    async def show(
        self,
        problems: Sequence[Problem] = (),
        question: Question | None = None,
        read: Read | None = None,
    ) -> Response:
        """All filters, with the question that the address asks, or a form's."""
        given = self.request.query_params
        read = read or _read(given)
        found = await self.running.run(SavedFiltersPage, {})
        kept = read.kept if read else None
        if question is None and "ask" in given:
            question = _asked(given, read, found.saved_filters)
            if question is None:
                return _gone(self.request)
        view = SavedFiltersView(
            title="Saved filters",
            groups=groups_of(found.saved_filters, kept),
            question=question,
            back=Link(PAGES[kept.page].title, kept.url) if kept else None,
            back_url=own_path(kept),
            saved=SAVED.get(given.get("saved", ""), ""),
            problems=problems,
        )
        return respond(self.request, view, status=422 if problems else 200)

    async def change(self) -> Response:
        """Do what a form asks for."""
        form = await form_of(self.request)
        match form.get("form"):
            case "save":
                read = _read(form)
                if read is not None:
                    return await self._save(form, read)
            case "rename":
                return await self._rename(form)
            case "delete":
                return await self._delete(form)
        message = "The form was incomplete. Go back and send it again."
        return error_page(self.request, 400, "Nothing was changed", message, [TO_PAGE])

    async def _save(self, form: Mapping[str, str], read: Read) -> Response:
        """Save what a page is filtered by, and show the page, whose chip is marked."""
        kept, name = read.kept, form.get("name", "")
        is_shared = form.get("shared") == "yes"
        variables = {
            "page": kept.page,
            "name": name,
            "query": kept.query,
            "isShared": is_shared,
            "replaces": form.get("replaces") == "yes",
        }
        problems = [Problem("", message) for message in read.problems]
        if not problems:
            try:
                await self.running.change("SaveFilter", variables, Changed)
                return RedirectResponse(kept.url, 303)
            except Refused as refused:
                faults = refused.faults
            if any(fault.code == DUPLICATE for fault in faults):
                shared = {"shared": "yes"} if is_shared else {}
                asking = kept.own_url(ask="replace", name=name.strip(), **shared)
                return RedirectResponse(asking, 303)
            problems = [
                Problem("name" if fault.field == "name" else "", fault.message)
                for fault in faults
            ]
        may_share = Who.of(self.request).may_close
        question = saving(kept, name, is_shared=is_shared if may_share else None)
        return await self.show(problems, question, read)

    async def _rename(self, form: Mapping[str, str]) -> Response:
        its_id, name = form.get("filter", ""), form.get("name", "")
        variables = {"filterId": its_id, "name": name}
        try:
            await self.running.change("RenameFilter", variables, Changed)
        except Refused as refused:
            found = await self.running.renewed().run(SavedFiltersPage, {})
            saved = _by_id(found.saved_filters, its_id)
            if saved is None:
                return _gone(self.request)
            problems = [Problem("name", fault.message) for fault in refused.faults]
            return await self.show(problems, renaming(saved, name))
        return self._back("renamed")

    async def _delete(self, form: Mapping[str, str]) -> Response:
        """Delete a filter; one that is gone already is what was wanted."""
        variables = {"filterId": form.get("filter", "")}
        try:
            await self.running.change("DeleteFilter", variables, Changed)
        except Refused:  # the id is none
            return _gone(self.request)
        return self._back("deleted")

    def _back(self, saved: str) -> Response:
        read = _read(self.request.query_params)
        return RedirectResponse(own_path(read.kept if read else None, saved=saved), 303)


TO_PAGE = Link("Go to the saved filters", PATH)


def _read(given: Mapping[str, str] | QueryParams) -> Read | None:
    """The page's address that a form or an address names; None without a page."""
    page = given.get("page", "")
    return read_address(page, given.get("query", "")) if page in PAGES else None


def _asked(
    given: QueryParams, read: Read | None, found: Sequence[ListedFilter]
) -> Question | None:
    """The question that an address asks; None if there is nothing to ask it of."""
    name = given.get("name", "")
    if given["ask"] == "replace" and read is not None and name:
        is_shared = given.get("shared") == "yes"
        return replacement(read.kept, name, is_shared=is_shared)
    saved = _by_id(found, given.get("filter", ""))
    asking = {"rename": renaming, "delete": deletion}.get(given["ask"])
    if asking is None or saved is None or not saved.can_change:
        return None
    return asking(saved)


def _by_id(found: Sequence[ListedFilter], its_id: str) -> ListedFilter | None:
    return next((saved for saved in found if saved.id == its_id), None)


def _gone(request: Request) -> Response:
    message = "There is no such filter: it may have been deleted."
    return error_page(request, 404, "No such filter", message, [TO_PAGE])


def _no_page(request: Request) -> Response:
    message = "This address names no page whose filters can be saved."
    return error_page(request, 404, "No such page", message, [TO_PAGE])
