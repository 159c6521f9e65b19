/**
 * Builds the console into the broker's package, whose HTTP port serves it. Nothing is inlined into the page: its content
 * policy allows no script but those of its own address.
 */
import { join } from 'node:path'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where a broker runs while the console is worked on. */
const BROKER = process.env.SIGNALBOX_HTTP ?? 'http://127.0.0.1:15672'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  build: {
    outDir: process.env.SIGNALBOX_CONSOLE_OUT ?? join(import.meta.dirname, '../broker/console'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome123', 'firefox121', 'safari17.5'],
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  // Whole segments: /api-docs is a page.
  server: { proxy: { '^/(api|v1|metrics|health)(?=[/?]|$)': BROKER } },
})
