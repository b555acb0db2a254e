import WeftCLI

/// The one executable. Everything it does is in `WeftCLI`, where tests can reach it.
@main
enum Main {
    static func main() async {
        await CommandLineTool.main()
    }
}
