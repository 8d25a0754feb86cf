"""Text of people within Markdown."""

from __future__ import annotations

from app.language.markdown import escaped, fault


def test_text_is_shown_as_it_is_written() -> None:
    assert escaped("my run 1, 50 %") == "my run 1, 50 %"
    assert escaped("**a** [b](c)") == r"\*\*a\*\* \[b\]\(c\)"
    assert escaped("<b> :red[$x$] `d`") == r"\<b\> \:red\[\$x\$\] \`d\`"
    assert fault("a]") == r":small[:red[:material/error: a\]]]"
