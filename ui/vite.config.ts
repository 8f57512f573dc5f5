// Build configuration. Assets refer to each other by relative URLs, so the built files work under
// any base path; only index.html holds absolute ones (`/assets/…`), which a server that is mounted
// below a path prefixes. A <base> element is not used: the content security policy forbids it.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.RUNLEDGER_URL ?? "http://127.0.0.1:5000";
const proxied = { target: server, changeOrigin: false };

/** Small, and on nearly every page. */
const inShell =
  /[\\/]src[\\/](?:(?:api|app|parts|styles)[\\/]|charts[\\/](?:palette|scale|spark-path|metrics)\.)/;

export default defineConfig({
  base: "./",
  plugins: [
    react(),
    {
      name: "absolute-entry",
      enforce: "post",
      apply: "build",
      // After everything else: some addresses are filled in only when the files are named.
      generateBundle(_options, bundle) {
        const page = bundle["index.html"];
        if (page?.type === "asset")
          page.source = String(page.source).replaceAll('"./assets/', '"/assets/');
      },
    },
  ],
  build: {
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    manifest: true,
    rolldownOptions: {
      output: {
        // What several pages share comes in few files: over HTTP/1.1 a browser asks for six at a time, and each further
        // round costs as much as the network is far away. What is loaded on demand stays out of them.
        codeSplitting: {
          groups: [
            { name: "shell", test: inShell, minShareCount: 2, priority: 1 },
            {
              name: "experiments",
              // Small parts of other pages that the page of runs needs as well would be a request each.
              test: /[\\/](pages[\\/]experiments[\\/]|charts[\\/]moment|pages[\\/](?:run[\\/]TagDialog|compare[\\/]address|runs[\\/]pins))/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": proxied, "/ajax-api": proxied, "/get-artifact": proxied },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
