"""Do gradients explode?"""
