import path from 'node:path'

/** In a bundle, which is CommonJS, the files lie beside it. */
const directory = import.meta.dirname
  ? path.join(import.meta.dirname, '../../node_modules/dejavu-fonts-ttf/ttf')
  : path.join(__dirname, 'fonts')

/** For Latin, Greek, Cyrillic, Hebrew and Arabic; esbuild.config.mjs puts them into the bundle. */
export const fonts = {
  regular: path.join(directory, 'DejaVuSans.ttf'),
  bold: path.join(directory, 'DejaVuSans-Bold.ttf'),
} as const

export type FontName = keyof typeof fonts
