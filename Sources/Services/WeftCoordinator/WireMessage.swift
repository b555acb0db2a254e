package import WeftWire

/// One protobuf message of a link (`Message` alone would also be SwiftProtobuf's protocol).
package typealias WireMessage = Weft_Wire_V1_Message
