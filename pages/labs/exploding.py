from app.widgets.laboratory.laboratory import laboratory

laboratory("exploding")
