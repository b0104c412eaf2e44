"""What an open form is told: that somebody changed its draft, or that it is signed out.

The form itself stays as it is, with all that is typed.
"""

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from daybook.adjustments.rules import label
from daybook_graphql.context import STRANGER
from daybook_web.kit.guard import ACCOUNT, SIGN_IN, Handler, caller_of
from daybook_web.kit.links import Link
from daybook_web.kit.rendering import View, respond
from daybook_web.kit.site import Site
from daybook_web.kit.times import moment
from daybook_web.kit.tokens import no_news
from daybook_web.manual_journals.query import PATH
from daybook_web.manual_journals.results import ChangedJournal, ManualJournalNews
from daybook_web.manual_journals.steps import STEPS

INTO_ITS_PLACE = {"HX-Retarget": "#manual-journal-news", "HX-Reswap": "outerHTML"}


@dataclass(frozen=True, slots=True)
class JournalNewsView(View):
    """A sentence, and a link that is opened beside the form."""

    page: ClassVar[str] = "manual_journals/_news.html"

    words: str
    link: Link

    @classmethod
    def of(cls, journal: ChangedJournal) -> "JournalNewsView":
        """The last step that somebody took."""
        last, name = journal.steps[-1], label(journal.number)
        words = Markup("{by} changed {name} on {at}: {step}.").format(
            by=last.by or "Somebody",
            name=name,
            at=moment(last.at),
            step=STEPS[last.kind].lower(),
        )
        return cls(words, Link(f"Look at {name}", f"{PATH}/{journal.number}"))


def news_of(site: Site) -> Handler:
    """`/manual-journals/<number>/news`: what happened since the form was opened."""

    async def handle(request: Request) -> Response:
        number = request.path_params["number"]
        found = await site.running(request).run(ManualJournalNews, {"number": number})
        journal = found.manual_journal
        seen = request.query_params.get("version", "")
        if journal is None or (
            str(journal.version) == seen and "EDIT" in journal.actions
        ):
            return no_news()
        return respond(request, JournalNewsView.of(journal), headers=INTO_ITS_PLACE)

    return handle


async def signed_out(request: Request) -> Response:
    """What a form shows that was open when its session ended, or went elsewhere."""
    caller = caller_of(request)
    view = JournalNewsView("You are signed out.", Link("Sign in", SIGN_IN))
    if caller is not STRANGER:
        words = (
            f"You are in {caller.organisation_name} now, and this form is of another"
            " organisation: switch back before you save it."
        )
        view = JournalNewsView(words, Link("Switch", ACCOUNT))
    return respond(request, view, headers=INTO_ITS_PLACE)
