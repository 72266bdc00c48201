"""Greenroom as a server of tools, so that agents can lead other agents.

The tools are defined once, over a port, and served on stdio (`greenroom mcp`) and at `/mcp`.
"""
