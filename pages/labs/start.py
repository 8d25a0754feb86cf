from app.widgets.laboratory.laboratory import laboratory

laboratory("start")
