"""Attribution: captum's methods on the project's networks."""
