"""Clout: an open, auditable social-influence score.

Three wings in the order in which data passes, and a hall between them. A wing knows the hall, never another wing.

    platforms/   in:      one module a platform, the puller
    influence/   compute: activity, ties, network rank, score; plan.py runs the queries of sql/ by what they read
    warehouse/   out:     the publish contract, one module a backend
    the hall:    lake, lake_schemas, quality, queries, sources, session, errors
"""

__version__ = "0.1.0"
