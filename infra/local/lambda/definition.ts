/** A function as the template has it, ready to run. */
export interface FunctionDefinition {
  readonly name: string
  readonly arn: string
  readonly codeDir: string
  readonly handler: string
  readonly memoryMb: number
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  /** Where the packages stand that Lambda's own runtime brings along. */
  readonly runtimePackages: string
}
