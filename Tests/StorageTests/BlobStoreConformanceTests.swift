import Conformance
import FileBlobs
import Testing
import WeftModel
import WeftStorage

@Suite struct BlobStoreConformanceTests {
    @Test(arguments: BlobStoreConformance.checks)
    func memory(_ check: BlobStoreConformance.Check) async throws {
        try await check.run(MemoryBlobHarness())
    }

    @Test(arguments: BlobStoreConformance.checks)
    func files(_ check: BlobStoreConformance.Check) async throws {
        try await check.run(FileBlobHarness(folder: TemporaryFolder()))
    }
}

struct MemoryBlobHarness: BlobStoreHarness {
    func make() async throws -> any BlobStore { MemoryBlobStore() }
    func make(boundBytes: Int64) async throws -> any BlobStore { MemoryBlobStore(boundBytes: boundBytes) }
    /// There is nothing that could outlive the process; the same store stands for "what was finished is there".
    func crashAndReopen(_ store: any BlobStore) async throws -> any BlobStore { store }
    func isTidy(_ store: any BlobStore) async throws -> Bool { true }
}

struct FileBlobHarness: BlobStoreHarness {
    let folder: TemporaryFolder

    func make() async throws -> any BlobStore { try FileBlobStore(directory: folder.path) }

    func make(boundBytes: Int64) async throws -> any BlobStore {
        try FileBlobStore(directory: folder.path, bound: boundBytes)
    }

    func crashAndReopen(_ store: any BlobStore) async throws -> any BlobStore {
        try FileBlobStore(directory: folder.path)
    }

    func isTidy(_ store: any BlobStore) async throws -> Bool {
        let names = TemporaryFolder.files(below: folder.path).map { String($0.split(separator: "/").last ?? "") }
        return names.sorted() == (try await store.list()).map(\.digest.hex).sorted()
    }
}
