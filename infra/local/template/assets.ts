import path from 'node:path'
import type { Resource } from './documents.ts'

/** The parts we read of `<stack>.assets.json`. */
export interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string }
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>
      }
    >
  >
  readonly dockerImages?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly directory?: string }
        readonly destinations: Readonly<Record<string, { readonly imageTag: string }>>
      }
    >
  >
}

interface Code {
  readonly S3Key?: string
  readonly ImageUri?: string
}

export function assetPathOf(lambda: Resource, manifests: readonly AssetManifest[], outDir: string): string {
  const code = (lambda.properties.Code ?? {}) as Code
  const found = code.ImageUri ? imageDirectory(code.ImageUri, manifests) : filePath(code.S3Key, manifests)
  if (!found) throw new Error(`The code of ${lambda.key} is in no asset manifest of ${outDir}`)
  return path.resolve(outDir, found)
}

function filePath(objectKey: string | undefined, manifests: readonly AssetManifest[]): string | undefined {
  return manifests
    .flatMap(({ files }) => Object.values(files ?? {}))
    .find(({ destinations }) => Object.values(destinations).some((place) => place.objectKey === objectKey))
    ?.source.path
}

function imageDirectory(imageUri: string, manifests: readonly AssetManifest[]): string | undefined {
  const tag = imageUri.slice(imageUri.lastIndexOf(':') + 1)
  return manifests
    .flatMap(({ dockerImages }) => Object.values(dockerImages ?? {}))
    .find(({ destinations }) => Object.values(destinations).some((place) => place.imageTag === tag))?.source
    .directory
}
