import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import imports from "eslint-plugin-import-x";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

/** Forbid imports from `folders` of src; `reason` is the error message. */
function without(folders, reason) {
  const group = folders.map((folder) => `**/${folder}/**`);
  return { "no-restricted-imports": ["error", { patterns: [{ group, message: reason }] }] };
}

export default typescript.config(
  { ignores: ["src/api/schema.d.ts", "dist/"] },
  { files: ["**/*.js"], extends: [typescript.configs.recommended] },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [typescript.configs.strictTypeChecked],
    plugins: { "import-x": imports, "react-hooks": hooks },
    languageOptions: { parserOptions: { project: "./tsconfig.tests.json" } },
    settings: {
      "import-x/extensions": [".ts", ".tsx"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
      "import-x/resolver-next": [
        createTypeScriptImportResolver({ project: "./tsconfig.tests.json" }),
      ],
    },
    rules: {
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "max-lines": ["error", 400],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "Show what users and upstreams wrote as text.",
        },
      ],
      // Event handlers may be async: components show the errors themselves.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["src/logic/**"],
    rules: without(
      ["components", "data", "pages", "api"],
      "src/logic is pure and does not know pages or the network.",
    ),
  },
  {
    files: ["src/components/**"],
    rules: without(["pages"], "Components do not import pages."),
  },
  {
    files: ["src/data/**", "src/api/**"],
    rules: without(["pages", "components"], "data and api do not import pages or components."),
  },
);
