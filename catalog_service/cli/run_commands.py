"""`wuxi-data init | demo | serve | dagster`: setting up and running the platform."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.cli.console import Session
from catalog_service.settings import Settings

_STOP_SECONDS = 60.0
"""How long what is served may take to end by itself."""


def init(context: typer.Context) -> None:
    """创建数据目录和目录数据库 · create the home directory and the catalog database."""
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings):
        home = session.settings.home_path
        session.say(f"已就绪：{home}", f"ready: {home}", "green")


def demo(
    context: typer.Context,
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="完成后启动服务 · serve afterwards")] = True,
    scale: Annotated[float, typer.Option(min=0.01, max=50, help="演示城市的规模 · size of the demo city")] = 1.0,
) -> None:
    """生成演示城市并运行主作业 · build the demo city, run the main job, print a summary, serve."""
    from catalog_service.cli.demo import run_demo
    from catalog_service.cli.demo_summary import print_summary

    session: Session = context.obj
    print_summary(session, run_demo(session, scale))
    if serve_after:
        _serve_all(session)


def serve(context: typer.Context) -> None:
    """启动 API 和网页 · serve the API and the pages."""
    from catalog_service.api.server import serve as serve_api

    session: Session = context.obj
    settings = session.settings
    _require_free(settings.host, settings.port, "WUXI_PORT")
    session.say(f"网页和 API：http://{settings.host}:{settings.port}", f"pages and API: http://{settings.host}:{settings.port}")
    serve_api(settings)


def dagster(context: typer.Context) -> None:
    """启动 Dagster 界面、计划和传感器 · serve Dagster's UI, schedules and sensor."""
    session: Session = context.obj
    _require_free(session.settings.host, session.settings.dagster_port, "WUXI_DAGSTER_PORT")
    command = _dagster_command(session.settings)
    # Where a shell has started us in the background it ignores Ctrl-C, and Dagster does with SIGTERM what is done with that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(command[0], command, _environment(session.settings))  # noqa: S606 — one process, so that a signal reaches it


def _serve_all(session: Session) -> None:
    """Serve API, pages and Dagster's UI until Ctrl-C; the end of one of them ends the other."""
    settings = session.settings
    _require_free(settings.host, settings.port, "WUXI_PORT")
    _require_free(settings.host, settings.dagster_port, "WUXI_DAGSTER_PORT")
    environment = _environment(settings)
    commands = [[sys.executable, "-m", "catalog_service.cli", "serve"], _dagster_command(settings)]
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C too: in the background a shell has it ignored, by children as well
        signal.signal(number, signal.default_int_handler)
    processes = [subprocess.Popen(command, env=environment, process_group=0) for command in commands]
    session.say("按 Ctrl-C 结束", "press Ctrl-C to stop", "bold")
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        session.say("正在停止…", "stopping …")
    finally:
        _stop(processes)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Interrupt each once, as Dagster ends its own children only when left in peace; after a while end all that is left."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    latest = time.monotonic() + _STOP_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, latest - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _dagster_command(settings: Settings) -> list[str]:
    """`dagster dev`: web server, daemon for schedules and the sensor, code location; on this machine only."""
    address = ["--host", settings.host, "--port", str(settings.dagster_port)]
    return [sys.executable, "-m", "dagster", "dev", "--module-name", "pipelines.definitions", *address]


def _environment(settings: Settings) -> dict[str, str]:
    """The environment of child processes: absolute homes, whatever their working directory."""
    from pipelines.running import prepare_dagster_home

    prepare_dagster_home(settings)
    return {**os.environ, "WUXI_HOME": str(settings.home_path), "WUXI_LANG": settings.lang.value}


def _require_free(host: str, port: int, setting: str) -> None:
    """Refuse clearly where another program holds the port.

    Raises:
        ConflictError: the port is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            zh = f"端口 {host}:{port} 已被占用；请结束占用它的程序，或用环境变量 {setting} 另选端口"
            en = f"port {host}:{port} is in use; stop the program that holds it, or choose another one by {setting}"
            raise ConflictError(problem("port-in-use", zh, en)) from error
