/** What a synthesized template holds, as it is written and as it is resolved. */
export type Properties = Readonly<Record<string, unknown>>

export interface StackDocument {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown; readonly Type?: string }>>
  readonly Conditions?: Properties
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Properties>>>>
  readonly Resources?: Readonly<Record<string, ResourceDocument>>
  readonly Outputs?: Readonly<
    Record<
      string,
      { readonly Value: unknown; readonly Export?: { readonly Name: unknown }; readonly Condition?: string }
    >
  >
}

export interface ResourceDocument {
  readonly Type: string
  readonly Properties?: Properties
  readonly Metadata?: Properties
  readonly Condition?: string
  readonly DependsOn?: string | readonly string[]
}

/** One resource of a synthesized stack; every intrinsic in its properties is resolved when they are first read. */
export interface Resource {
  /** `<stack>.<logical id>`, the key in `Template.resources`. */
  readonly key: string
  readonly id: string
  readonly stack: string
  readonly type: string
  readonly properties: Properties
  readonly metadata: Properties
  readonly dependsOn: readonly string[]
  /** What `Ref` gives: a name, a URL or an ARN, as the type has it. */
  readonly ref: string
  /** What `Fn::GetAtt` gives. */
  attribute(name: string): string
}
