"""Compare any runs."""

from __future__ import annotations

import streamlit as st

from app import services
from app.state import CompareState
from app.texts import t
from app.widgets.live_charts.live_charts import live_charts

st.title(t("common.nav.compare"))
state, _ = CompareState.from_query(st.query_params.to_dict())
live_charts(state.runs or [r.id for r in services.runs()], state.view, "charts", remember=True)
