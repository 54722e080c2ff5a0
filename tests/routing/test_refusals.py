"""A client that the app refuses is also cut off, where its service does not promise to do that itself."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException

from serverless_hub import ConnectionRejected, EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.management.send_options import SendOptions
from serverless_hub.protocol.messages import Close
from serverless_hub.routing import refusals
from tests.routing.conftest import LogWatch
from tests.support.client import Client, connected
from tests.support.clock import ManualClock, settle
from tests.support.line import Line
from tests.support.server import serving
from tests.support.services import KEY, closed, service
from tests.support.upstream import Answer, Caller
