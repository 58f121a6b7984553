"""Confluent's Avro serializer and deserializer, told what to do by lines of JSON."""

import base64
import datetime
import decimal
import json
import sys

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def to_json(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, decimal.Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime.datetime):
        return {"$timestamp": (value - EPOCH) // datetime.timedelta(milliseconds=1)}
    if isinstance(value, datetime.date):
        return {"$date": value.isoformat()}
    if isinstance(value, datetime.time):
        return {"$time": value.isoformat(timespec="milliseconds")}
    if isinstance(value, dict):
        return {key: to_json(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(element) for element in value]
    return value


def from_json(value):
    if isinstance(value, list):
        return [from_json(element) for element in value]
    if not isinstance(value, dict):
        return value
    for key, member in value.items():
        if key == "$bytes":
            return bytes.fromhex(member)
        if key == "$decimal":
            return decimal.Decimal(member)
        if key == "$timestamp":
            return EPOCH + datetime.timedelta(milliseconds=member)
        if key == "$date":
            return datetime.date.fromisoformat(member)
        if key == "$time":
            return datetime.time.fromisoformat(member)
    return {key: from_json(member) for key, member in value.items()}


def run(client, command):
    context = SerializationContext(command["topic"], MessageField.VALUE)
    if command["do"] == "read":
        deserializer = AvroDeserializer(client, command.get("schema"))
        value = deserializer(base64.b64decode(command["bytes"]), context)
        return {"value": to_json(value)}
    serializer = AvroSerializer(client, command["schema"])
    message = serializer(from_json(command["value"]), context)
    return {"bytes": base64.b64encode(message).decode()}


def main():
    client = SchemaRegistryClient({"url": sys.argv[1]})
    for line in sys.stdin:
        try:
            answer = run(client, json.loads(line))
        except Exception as error:  # told to the test, which fails
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
