import './start-platform.ts'

export default async function stopPlatform() {
  await globalThis.testPlatform?.stop()
}
