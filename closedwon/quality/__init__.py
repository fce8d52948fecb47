"""Lead quality: what leads are worth by what became of earlier ones, and which stage to have bidders aim at.

``scope`` says which stages and days count, ``journeys`` what became of each lead, ``incidence``, ``amounts`` and
``shrinkage`` estimate, ``learning`` puts their figures together, ``versions`` freezes and compares them, and
``stages`` recommends.
"""
