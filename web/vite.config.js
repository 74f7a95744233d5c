import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    // The content security policy allows files of our own only: nothing is put into the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A note for the deployment, not for the browser: no sizes, no colours in its log.
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": "http://127.0.0.1:8420",
      "/proxy": "http://127.0.0.1:8420",
    },
  },
});
