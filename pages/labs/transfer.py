from app.widgets.laboratory.detection_tables import detection_tables
from app.widgets.laboratory.laboratory import laboratory

laboratory("transfer", below=detection_tables)
