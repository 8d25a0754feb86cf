from app.widgets.laboratory.laboratory import detection_tables, laboratory

laboratory("transfer", below=detection_tables)
