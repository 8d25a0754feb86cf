"""The home page's charts in the HTML itself: seen while Streamlit's own scripts still load."""
