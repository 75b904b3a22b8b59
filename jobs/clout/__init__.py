"""Clout: an open, auditable social-influence score.

Imports go one way: jobs -> {platforms, score, research, quality, warehouse, web} -> {engine, privacy} -> lake -> config ->
{errors, logs, terminal}. tests/test_layout.py holds that, and lists the few exceptions.

    platforms/   in:      apis/ one module a platform, exports/ files, http/ how hosts are asked, pull/ how a day is pulled
    score/       compute: plan.py runs the queries of sql/ by what they read
    warehouse/   out:     the publish contract, backends/ one module a backend
"""

__version__ = "0.1.0"
