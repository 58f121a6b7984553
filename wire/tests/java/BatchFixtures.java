import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.utils.Utils;

/** Record batches by Kafka's Java client: "write DIR" makes the fixtures, "read DIR" checks batches made by the crate. */
public class BatchFixtures {
    record R(long timestamp, byte[] key, byte[] value, Header[] headers) {}

    static List<R> records(String kind) {
        List<R> out = new ArrayList<>();
        int count = kind.equals("large") ? 4 : 60;
        for (int i = 0; i < count; i++) {
            long timestamp = 1_700_000_000_000L + 3L * i;
            if (kind.equals("large")) {
                byte[] value = new byte[50_000];
                for (int k = 0; k < value.length; k++) value[k] = (byte) ((k / 50) * 7 + i);
                out.add(new R(timestamp, null, value, new Header[0]));
                continue;
            }
            byte[] key = i % 3 == 0 ? null : utf8("key-" + i);
            byte[] value = i % 7 == 5 ? null : utf8("value-" + i + "-" + "abcdefghij".repeat(i * i % 40));
            Header[] headers = new Header[i % 4];
            for (int j = 0; j < headers.length; j++)
                headers[j] = new RecordHeader("h" + j / 2, j == 2 ? null : utf8("v-" + i + "-" + j));
            out.add(new R(timestamp, key, value, headers));
        }
        return out;
    }

    static Compression codec(String name) {
        return switch (name) {
            case "gzip" -> Compression.gzip().build();
            case "snappy" -> Compression.snappy().build();
            case "lz4" -> Compression.lz4().build();
            case "zstd" -> Compression.zstd().build();
            default -> Compression.NONE;
        };
    }

    static byte[] build(String kind, String codec, TimestampType type, boolean transactional) {
        long id = transactional ? 4711 : -1;
        MemoryRecordsBuilder b = new MemoryRecordsBuilder(ByteBuffer.allocate(1 << 20), RecordBatch.CURRENT_MAGIC_VALUE, codec(codec), type,
            1_000L, 1_700_000_009_999L, id, (short) (transactional ? 3 : -1), transactional ? 17 : -1, transactional, false, 5, 1 << 20);
        for (R r : records(kind)) b.append(r.timestamp, r.key, r.value, r.headers);
        return bytes(b.build());
    }

    static byte[] bytes(MemoryRecords records) {
        byte[] out = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(out);
        return out;
    }

    static byte[] utf8(String s) { return s.getBytes(StandardCharsets.UTF_8); }

    static void write(Path dir) throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
            for (String kind : List.of("small", "large"))
                if (!(codec.equals("none") && kind.equals("large")))
                    Files.write(dir.resolve(kind + "." + codec + ".batch"), build(kind, codec, TimestampType.CREATE_TIME, false));
        Files.write(dir.resolve("log-append-time.batch"), build("small", "none", TimestampType.LOG_APPEND_TIME, false));
        Files.write(dir.resolve("transactional.batch"), build("small", "none", TimestampType.CREATE_TIME, true));
        for (ControlRecordType type : List.of(ControlRecordType.COMMIT, ControlRecordType.ABORT))
            Files.write(dir.resolve(type.name().toLowerCase() + ".batch"),
                bytes(MemoryRecords.withEndTransactionMarker(0, 1_700_000_000_000L, -1, 4711, (short) 3, new EndTransactionMarker(type, 9))));
        StringBuilder errors = new StringBuilder();
        for (Errors e : Errors.values()) {
            boolean retriable = e.exception() instanceof org.apache.kafka.common.errors.RetriableException;
            errors.append(e.code()).append(' ').append(e.name()).append(' ').append(retriable).append('\n');
        }
        Files.writeString(dir.resolve("errors.txt"), errors);
        StringBuilder hashes = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            byte[] key = new byte[i];
            for (int k = 0; k < i; k++) key[k] = (byte) (k * 37 + i * 101);
            hashes.append(HexFormat.of().formatHex(key)).append(' ').append(Utils.murmur2(key)).append(' ')
                .append(Utils.toPositive(Utils.murmur2(key)) % 12).append('\n');
        }
        Files.writeString(dir.resolve("murmur2.txt"), hashes);
    }

    static void read(Path dir) throws Exception {
        int files = 0;
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(dir, "*.batch")) {
            for (Path path : paths) {
                check(path, MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(path))));
                files++;
            }
        }
        System.out.println(files + " files equal");
    }

    static void check(Path path, MemoryRecords read) {
        String kind = path.getFileName().toString().split("\\.")[0];
        int batches = 0;
        for (MutableRecordBatch batch : read.batches()) {
            batches++;
            batch.ensureValid();
            if (kind.equals("commit") || kind.equals("abort")) {
                org.apache.kafka.common.record.internal.Record r = batch.iterator().next();
                ControlRecordType type = ControlRecordType.parse(r.key());
                EndTransactionMarker marker = EndTransactionMarker.deserialize(r);
                expect(path, batch.isControlBatch() && batch.isTransactional(), type.name().equalsIgnoreCase(kind) && marker.coordinatorEpoch() == 9);
                continue;
            }
            Iterator<R> expected = records(kind).iterator();
            long offset = 0;
            for (org.apache.kafka.common.record.internal.Record r : batch) {
                R e = expected.next();
                expect(path, r.offset() == offset++, r.timestamp() == e.timestamp, Arrays.equals(arr(r.key()), e.key),
                    Arrays.equals(arr(r.value()), e.value), Arrays.equals(r.headers(), e.headers));
            }
            expect(path, !expected.hasNext(), batch.lastOffset() == offset - 1, batch.maxTimestamp() == 1_700_000_000_000L + 3 * (offset - 1));
        }
        expect(path, batches == 1);
    }

    static byte[] arr(ByteBuffer b) { return b == null ? null : Utils.toArray(b); }

    static void expect(Path path, boolean... checks) {
        for (int i = 0; i < checks.length; i++)
            if (!checks[i]) throw new AssertionError(path + ": check " + i);
    }

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[1]);
        if (args[0].equals("write")) write(dir); else read(dir);
    }
}
