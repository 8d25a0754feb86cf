"""Which pixels, stages and layers speak for a class: captum's methods on the project's networks."""
