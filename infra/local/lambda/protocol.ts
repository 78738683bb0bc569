import type { Level } from '../log.ts'

/** What the platform and the process of an execution environment say to each other. */
export type PlatformMessage = EnvironmentData | InvocationMessage

export interface EnvironmentData {
  readonly kind: 'load'
  readonly codeDir: string
  readonly handler: string
  /** Where the packages stand that Lambda's own runtime brings along: the AWS SDK. */
  readonly runtimePackages: string
  readonly context: FunctionContext
}

export interface FunctionContext {
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  readonly logGroupName: string
  readonly logStreamName: string
}

export interface InvocationMessage {
  readonly kind: 'invoke'
  readonly requestId: string
  /** The SDK puts it on every call of this invocation. */
  readonly traceId: string
  /** JSON, as it would come over the wire. */
  readonly payload: string
  readonly timeoutMs: number
  /** How far the platform's clock has been moved. */
  readonly clockOffsetMs: number
}

export interface LambdaError {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

export type EnvironmentMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-failed'; readonly error: LambdaError }
  | { readonly kind: 'result'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: LambdaError }
  /** What was written to stdout or stderr, lines or parts of lines. */
  | { readonly kind: 'log'; readonly text: string }
  /** One call of `console`, however many lines it has. */
  | { readonly kind: 'console'; readonly level: Level; readonly text: string }
