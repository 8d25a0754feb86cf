"""Compare any runs."""

from __future__ import annotations

import streamlit as st

from app.texts import t

st.title(t("common.nav.compare"))
