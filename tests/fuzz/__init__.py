"""Parsers fed with what nobody would send: one target each, seeds, and a runner for atheris."""
