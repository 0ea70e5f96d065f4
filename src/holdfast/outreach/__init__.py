"""Select whom to contact: rank scored customers by expected return, apply limits, draw a control group."""
