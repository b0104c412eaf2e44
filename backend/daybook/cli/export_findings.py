"""What a preflight found, with the commands and options that are a way out."""

from dataclasses import replace

from daybook.exports.preflight.findings import Finding, FindingCode

OPTIONS_OF = {
    FindingCode.PRESET_NOT_CHOSEN: "--preset normal-balance, or --preset vendor",
    FindingCode.CANNOT_POST: "--preset vendor",
    FindingCode.BACKWARDS: "--preset vendor",
    FindingCode.BASE_CURRENCY: "--convert",
    FindingCode.UNMAPPED: "--default-account CODE",
    FindingCode.TARGET_CLOSED: "--from DAY",
    FindingCode.CONNECTION_LOCKED: "--from DAY",
}
"""The options that are a finding's way out, where there are some."""
_ONLY_WHERE_IT_BLOCKS = {FindingCode.UNMAPPED, FindingCode.BASE_CURRENCY}
"""Findings that don't block once the option is given, or where it doesn't help."""


def way_out_of(finding: Finding) -> str:
    """A finding's way out, with its command and its option where there are some."""
    option = OPTIONS_OF.get(finding.code, "")
    if finding.blocks < (finding.code in _ONLY_WHERE_IT_BLOCKS):
        option = ""
    hints = ", or ".join(filter(None, (finding.command, option)))
    return f"{finding.way_out} ({hints})" if hints else finding.way_out


def text_of(finding: Finding) -> str:
    """All of a finding in a line."""
    return replace(finding, way_out=way_out_of(finding)).text
