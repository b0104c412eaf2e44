"""The routes of exports: their pages, their files, and links to these."""

from starlette.routing import Route

from daybook.exports.links import FILES
from daybook_web.exports.downloads import export_file
from daybook_web.exports.export_page import export_file_page, export_page
from daybook_web.exports.link_page import link_page
from daybook_web.exports.linked_files import linked_file
from daybook_web.exports.list_page import export_list
from daybook_web.exports.new_export import new_export
from daybook_web.kit.site import Site


def export_routes(site: Site) -> list[Route]:
    """The routes of exports; a link needs no sign-in."""
    return [
        site.guarded("/exports", export_list(site), "GET", "POST"),
        site.guarded("/exports/new", new_export(site), "GET", "POST"),
        site.guarded("/exports/link", link_page(site), "POST"),
        site.guarded(
            "/exports/files/{number:int}", export_file_page(site), "GET", "POST"
        ),
        site.guarded("/exports/{number:int}", export_page(site), "GET", "POST"),
        site.guarded("/exports/{number}/{name}", export_file(site)),
        Route(f"{FILES}/{{token}}", linked_file(site), methods=["GET"]),
    ]
