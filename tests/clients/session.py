"""What four Connect clients of PyPI get from a worker: one line of JSON for each of their calls.

    session.py URL DIRECTORY TOPIC

The clients are used as their documentation says and are not changed. What differs from run to run (places, versions, paths) is
written as a word, so that the lines of two workers can be compared.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import kafka_connect
import requests
from kafka_connect_api.kafka_connect_api import Api, Cluster, Connector
from kafkaconnect.connect import Connect

url, directory, topic = sys.argv[1], Path(sys.argv[2]), sys.argv[3]


def shown(value):
    """The value without what differs from run to run."""
    if isinstance(value, dict):
        words = {"worker_id": "WORKER", "version": "VERSION", "commit": "COMMIT", "kafka_cluster_id": "CLUSTER"}
        return {key: words.get(key) or shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    if isinstance(value, str):
        return value.replace(str(directory), "DIRECTORY").replace(topic, "TOPIC").replace(url, "URL")
    return value


def say(client, call, value):
    print(json.dumps([client, call, shown(value)], sort_keys=True), flush=True)


def attempt(call):
    """What a call gives, or how it fails."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001: each client has exceptions of its own.
        status = getattr(getattr(error, "response", None), "status_code", None) or getattr(error, "code", None)
        return {"raised": type(error).__name__, "status": status}


def wait(name, state, tasks=1):
    """Until the connector and its tasks are in that state; the clients do not wait."""
    for _ in range(600):
        status = requests.get(f"{url}/connectors/{name}/status", timeout=30)
        if status.ok:
            status = status.json()
            states = [task["state"] for task in status["tasks"]]
            if status["connector"]["state"] == state and states == [state] * tasks:
                return
        time.sleep(0.05)
    sys.exit(f"{name} is not {state}")


def listed(client, name):
    """The topics of a connector, once there are some: they are noted a little later than records are written."""
    for _ in range(600):
        answer = client.list_connector_topics(name)
        if answer[name]["topics"]:
            break
        time.sleep(0.05)
    return answer


def config(name, **more):
    return {
        "name": name,
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasks.max": "1",
        "file": str(directory / f"{name}.txt"),
        "topic": topic,
        **more,
    }


def kafka_connect_py():
    """https://pypi.org/project/kafka-connect-py"""
    client, name = kafka_connect.KafkaConnect(url=url), "kafka-connect-py"
    (directory / f"{name}.txt").write_text("a line\n")
    calls = {
        "info": lambda: client.get_cluster_info(),
        "create": lambda: client.create_connector({"name": name, "config": config(name)}),
        "create again": lambda: client.create_connector({"name": name, "config": config(name)}),
        "RUNNING": lambda: wait(name, "RUNNING"),
        "list": lambda: client.list_connectors(),
        "get": lambda: client.get_connector(name),
        "config": lambda: client.get_connector_config(name),
        "status": lambda: client.get_connector_status(name),
        "expanded": lambda: client.list_connectors(expand="info"),
        "by pattern and state": lambda: client.list_connectors(expand="status", pattern="kafka.*", state="RUNNING"),
        "tasks": lambda: client.list_connector_tasks(name),
        "task status": lambda: client.get_connector_task_status(name, 0),
        "restart failed": lambda: client.restart_connector(name, include_tasks=True, only_failed=True),
        "restart task": lambda: client.restart_connector_task(name, 0),
        "restart": lambda: client.restart_connector(name),
        "restart all": lambda: client.restart_connector(name, include_tasks=True),
        "RUNNING again": lambda: wait(name, "RUNNING"),
        "pause": lambda: client.pause_connector(name),
        "PAUSED": lambda: wait(name, "PAUSED"),
        "resume": lambda: client.resume_connector(name),
        "RUNNING after": lambda: wait(name, "RUNNING"),
        "topics": lambda: listed(client, name),
        "update": lambda: client.update_connector(name, config(name, **{"batch.size": "100"})),
        "stop": lambda: client.stop_connector(name),
        "STOPPED": lambda: wait(name, "STOPPED", tasks=0),
        "status stopped": lambda: client.get_connector_status(name),
        "reset topics": lambda: client.reset_connector_topics(name),
        "plugins": lambda: sorted(plugin["class"] for plugin in client.list_connector_plugins() if "FileStream" in plugin["class"]),
        "validate": lambda: client.validate_connector_config("FileStreamSource", config(name))["error_count"],
        "validate wrong": lambda: client.validate_connector_config("FileStreamSource", config(name, **{"tasks.max": "0"}))["error_count"],
        "delete": lambda: client.delete_connector(name),
        "delete again": lambda: client.delete_connector(name),
        "get deleted": lambda: client.get_connector(name),
    }
    for call, do in calls.items():
        say(name, call, attempt(do))


def kafkaconnect():
    """https://pypi.org/project/kafkaconnect, whose calls give text."""
    client, name = Connect(url), "kafkaconnect"
    text = json.dumps(config(name))

    def parsed(call):
        answer = call()
        try:
            return json.loads(answer)
        except ValueError:
            return answer

    calls = {
        "validate and create": lambda: client.validate_and_create(name, text),
        "RUNNING": lambda: wait(name, "RUNNING") or "",
        "list": lambda: client.list(),
        "info": lambda: client.info(name),
        "config": lambda: client.config(name),
        "tasks": lambda: client.tasks(name),
        "topics": lambda: client.topics(name),
        "pause": lambda: client.pause(name),
        "PAUSED": lambda: wait(name, "PAUSED") or "",
        "status": lambda: client.status(name),
        "resume": lambda: client.resume(name),
        "RUNNING after": lambda: wait(name, "RUNNING") or "",
        "restart": lambda: client.restart(name),
        "RUNNING again": lambda: wait(name, "RUNNING") or "",
        "update": lambda: client.create_or_update(name, text),
        "remove": lambda: client.remove(name),
        "info removed": lambda: client.info(name),
    }
    for call, do in calls.items():
        say(name, call, attempt(lambda: parsed(do)))


def kafka_connect_api_():
    """https://pypi.org/project/kafka-connect-api"""
    name = "kafka-connect-api"
    cluster = Cluster(Api(url=url))
    connector = Connector(cluster, name)

    def configure():
        connector.config = config(name)

    calls = {
        "exists": lambda: connector.exists(),
        "configure": configure,
        "RUNNING": lambda: wait(name, "RUNNING"),
        "exists now": lambda: connector.exists(),
        "connectors": lambda: sorted(cluster.connectors),
        "config": lambda: connector.config,
        "status": lambda: connector.status,
        "tasks": lambda: [task.config for task in connector.tasks],
        "task runs": lambda: [task.is_running() for task in connector.tasks],
        "restart": lambda: connector.restart(),
        "restart tasks": lambda: connector.restart_all_tasks(),
        "RUNNING again": lambda: wait(name, "RUNNING"),
        "pause": lambda: connector.pause(),
        "PAUSED": lambda: wait(name, "PAUSED"),
        "state": lambda: connector.state,
        "resume": lambda: connector.resume(),
        "cycle": lambda: connector.cycle_connector(),
        "RUNNING after": lambda: wait(name, "RUNNING"),
        "set logger": lambda: bool(cluster.api.put("/admin/loggers/org.apache.kafka.connect", json={"level": "INFO"})),
        "root logger": lambda: cluster.root_logger["level"],
        "delete": lambda: connector.delete(),
        "delete again": lambda: connector.delete(),
    }
    for call, do in calls.items():
        say(name, call, attempt(do))


def connectorctl():
    """https://pypi.org/project/connectorctl, a program that prints tables."""
    name = "connectorctl"
    host, port = url.removeprefix("http://").split(":")
    text = json.dumps(config(name))
    create = json.dumps({"name": name, "config": config(name)})
    program = Path(sys.executable).parent / "connectorctl"

    def run(*arguments):
        home = {**os.environ, "HOME": str(directory)}
        ran = subprocess.run([program, *arguments], capture_output=True, text=True, env=home, check=False)
        text = ran.stdout.replace(topic, "TOPIC").replace(str(directory), "DIRECTORY")
        text = re.sub(r"[-+=│─┌┐└┘├┤┬┴┼╒╕╘╛╞╡╤╧╪═|]+", " ", text)
        # After a deletion it asks for the status, which Java has for a moment longer. Java gives keys in the order of their hashes.
        text = text.replace("connectorctl.txt", "FILE").split("Connector deleted successfully.")[0]
        return [ran.returncode, " ".join(sorted(text.split()))]

    calls = {
        "set-env": lambda: run("set-env", "test", "--server", host, "--port", port, "--user", "u", "--password", "p"),
        "list": lambda: run("list"),
        "create": lambda: run("create", create),
        "RUNNING": lambda: wait(name, "RUNNING"),
        "get": lambda: run("get", name),
        "status": lambda: run("status", name),
        "status of all": lambda: run("status"),
        "pause": lambda: run("pause", name),
        "PAUSED": lambda: wait(name, "PAUSED"),
        "resume": lambda: run("resume", name),
        "restart": lambda: run("restart", name),
        "RUNNING again": lambda: wait(name, "RUNNING"),
        "update": lambda: run("update", name, text),
        "restart of nothing": lambda: run("restart", "nobody"),
        "delete": lambda: run("delete", name),
        "get deleted": lambda: run("get", name),
    }
    for call, do in calls.items():
        if call != "set-env":
            say(name, call, attempt(do))
        else:
            do()


kafka_connect_py()
kafkaconnect()
kafka_connect_api_()
connectorctl()
