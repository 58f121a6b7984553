"""Confluent's Python client as the other side: reads what it is sent, writes what it is told.

A line of JSON in, a line of JSON out. The first argument is the URL of the schema registry.
"""

import json
import os
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")

import confluent_kafka.schema_registry
import google.type.date_pb2
import google.type.timeofday_pb2
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from grpc_tools import protoc

CLIENT = SchemaRegistryClient({"url": sys.argv[1]})
WELL_KNOWN = os.path.join(os.path.dirname(__import__("grpc_tools").__file__), "_proto")
KNOWN = sys.argv[2]


def message_class(text, name, files=None):
    """The class of a message, compiled by protoc."""
    if "confluent.field_meta" in text and "confluent/meta.proto" not in text:
        head, rest = text.split("\n", 1)
        text = f'{head}\nimport "confluent/meta.proto";\n{rest}'
    with tempfile.TemporaryDirectory() as folder:
        for file, content in {"main.proto": text, **(files or {})}.items():
            with open(os.path.join(folder, file), "w") as out:
                out.write(content)
        compiled = os.path.join(folder, "out")
        arguments = ["protoc", f"-I{folder}", f"-I{KNOWN}", f"-I{WELL_KNOWN}", "--include_imports"]
        if protoc.main(arguments + [f"--descriptor_set_out={compiled}", "main.proto"]) != 0:
            raise ValueError("protoc refuses:\n" + text)
        with open(compiled, "rb") as content:
            descriptors = descriptor_pb2.FileDescriptorSet.FromString(content.read())
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def write_protobuf(request):
    message = json_format.ParseDict(request["message"], message_class(request["schema"], request["name"])())
    return ProtobufSerializer(type(message), CLIENT, {"use.deprecated.format": False}), message


def read_protobuf(request):
    text = request.get("schema") or CLIENT.get_schema(request["id"]).schema_str
    kind = message_class(text, request["name"])
    # With a client it fetches the schema too, as a descriptor.
    client = None if request.get("schema") else CLIENT
    return ProtobufDeserializer(kind, {"use.deprecated.format": False}, client)


def answer(request):
    context = SerializationContext(request["topic"], MessageField.VALUE)
    match request["do"]:
        case "write-protobuf":
            serializer, message = write_protobuf(request)
            return serializer(message, context).hex()
        case "read-protobuf":
            message = read_protobuf(request)(bytes.fromhex(request["bytes"]), context)
            return json_format.MessageToDict(
                message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
            )
        case "write-json":
            return JSONSerializer(request["schema"], CLIENT)(request["message"], context).hex()
        case "read-json":
            schema = request.get("schema")
            return JSONDeserializer(schema, schema_registry_client=CLIENT)(bytes.fromhex(request["bytes"]), context)


for line in sys.stdin:
    try:
        print(json.dumps({"answer": answer(json.loads(line))}), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
