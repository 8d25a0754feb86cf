"""A class on its page: for guests who join, students, and the teacher."""
