"""The way in: `streamlit run app/main.py`. Router and server wiring only.

The file is read twice. Without a session it is a module that the server imports, and it
gives the ASGI application with the read-only routes of `app.server.routes`. Within a session (and
under AppTest) it is the script, and it shows the page that the URL names.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run app/main.py` puts app/ on the path, not the folder above it.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: E402

if get_script_run_ctx(suppress_warning=True) is None:
    gc.disable()  # what is imported stays; looking for garbage in it takes a tenth of the start
    try:
        from starlette.middleware import Middleware

        from app.language.errors import on_script_error
        from app.server import class_routes, lifespan
        from app.server import routes as api
        from app.server.first_picture.first_picture import FirstPicture
        from app.server.guard import Guard
    finally:
        gc.enable()

    app = st.App(
        __file__,
        routes=[*api.routes(), *class_routes.routes()],
        lifespan=lifespan.lifespan,
        middleware=[Middleware(Guard), Middleware(FirstPicture)],
        on_script_error=on_script_error,
    )
else:
    from app import router

    router.show_page()
