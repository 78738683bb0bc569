import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type AssetManifest, assetPathOf } from './template/assets.ts'
import type { Properties, Resource, ResourceDocument, StackDocument } from './template/documents.ts'
import { createResolver, type Resolver } from './template/intrinsics.ts'
import { ACCOUNT, type Places, REGION } from './template/names.ts'

export type { Properties, Resource, ResourceDocument, StackDocument }
export { ACCOUNT, REGION }

export interface Template {
  readonly resources: ReadonlyMap<string, Resource>
  /** By `<stack>.<output id>`. */
  readonly outputs: ReadonlyMap<string, string>
  readonly parameters: Readonly<Record<string, string>>
  ofType(type: string): Resource[]
  /** The one resource whose `Ref` or ARN this is. */
  find(type: string, refOrArn: string): Resource | undefined
  /** The value of an output, by its id alone: output ids are unique over our stacks. */
  output(id: string): string
  /** Where the code of a function lies on this machine: a directory, or a zip file. */
  assetPath(lambda: Resource): string
}

const TEMPLATE_SUFFIX = '.template.json'

/** Reads every stack of a cloud assembly. `parameters` are CfnParameters by id; a stack takes those it declares. */
export function loadTemplate(
  cdkOutDir: string,
  parameters: Readonly<Record<string, string>>,
  places: Partial<Places> = {},
): Template {
  const stacks = new Map<string, StackDocument>()
  const assets: AssetManifest[] = []
  for (const file of readdirSync(cdkOutDir).sort()) {
    const read = () => JSON.parse(readFileSync(path.join(cdkOutDir, file), 'utf8'))
    if (file.endsWith(TEMPLATE_SUFFIX)) stacks.set(file.slice(0, -TEMPLATE_SUFFIX.length), read())
    if (file.endsWith('.assets.json')) assets.push(read())
  }
  if (stacks.size === 0) throw new Error(`${cdkOutDir} holds no synthesized stack`)
  const template = createTemplate(stacks, parameters, places)
  return { ...template, assetPath: (lambda) => assetPathOf(lambda, assets, cdkOutDir) }
}

/** The same over documents already read; what `loadTemplate` and the tests share. */
export function createTemplate(
  stacks: ReadonlyMap<string, StackDocument>,
  parameters: Readonly<Record<string, string>>,
  places: Partial<Places> = {},
): Omit<Template, 'assetPath'> {
  const resolver = createResolver(stacks, parameters, {
    frontDoorUrl: 'http://127.0.0.1:4566',
    apiUrl: 'http://127.0.0.1:3000',
    databaseHost: '127.0.0.1',
    databasePort: 5432,
    ...places,
  })
  const resources = new Map<string, Resource>()
  for (const [stack, document] of stacks) {
    for (const [id, resource] of Object.entries(document.Resources ?? {})) {
      if (resource.Condition && !resolver.condition(stack, resource.Condition)) continue
      const key = `${stack}.${id}`
      resources.set(key, toResource(resolver, key, stack, id, resource))
    }
  }
  const outputs = resolveOutputs(stacks, resolver)
  const ofType = (type: string) => [...resources.values()].filter((resource) => resource.type === type)
  return {
    resources,
    outputs,
    parameters,
    ofType,
    find: (type, refOrArn) =>
      ofType(type).find((resource) => resource.ref === refOrArn || arnOf(resource) === refOrArn),
    output: (id) => {
      for (const [key, value] of outputs) if (key.endsWith(`.${id}`)) return value
      throw new Error(`No stack has an output ${id}`)
    },
  }
}

function toResource(
  resolver: Resolver,
  key: string,
  stack: string,
  id: string,
  document: ResourceDocument,
): Resource {
  let properties: Properties | undefined
  return {
    key,
    id,
    stack,
    type: document.Type,
    metadata: document.Metadata ?? {},
    dependsOn: [document.DependsOn ?? []].flat(),
    get properties() {
      properties ??= resolver.resolve(stack, document.Properties ?? {}, `${key}.Properties`) as Properties
      return properties
    },
    get ref() {
      return resolver.ref(stack, id, key)
    },
    attribute: (name) => resolver.attribute(stack, id, name, key),
  }
}

function arnOf(resource: Resource): string | undefined {
  try {
    return resource.attribute('Arn')
  } catch {
    return undefined
  }
}

function resolveOutputs(stacks: ReadonlyMap<string, StackDocument>, resolver: Resolver) {
  const outputs = new Map<string, string>()
  for (const [stack, document] of stacks) {
    for (const [id, output] of Object.entries(document.Outputs ?? {})) {
      if (output.Condition && !resolver.condition(stack, output.Condition)) continue
      // Exports of VPC wiring that nothing here runs need not resolve; one that is used is resolved where it is.
      if (output.Export) continue
      outputs.set(`${stack}.${id}`, String(resolver.resolve(stack, output.Value, `${stack}.Outputs.${id}`)))
    }
  }
  return outputs
}
