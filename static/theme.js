// Runs before the page is painted: the chosen theme, or the system's when none was chosen.
const root = document.documentElement;
const chosen = localStorage.getItem("theme");
if (chosen) root.dataset.theme = chosen;

document.addEventListener("DOMContentLoaded", () => {
  const buttons = document.querySelectorAll("[data-set-theme]");
  const show = () => {
    const current = root.dataset.theme ?? "";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === current));
  };
  for (const button of buttons) {
    button.hidden = false; // without this script there is nothing to choose
    button.addEventListener("click", () => {
      const theme = button.dataset.setTheme;
      if (theme) {
        root.dataset.theme = theme;
        localStorage.setItem("theme", theme);
      } else {
        delete root.dataset.theme;
        localStorage.removeItem("theme");
      }
      show();
    });
  }
  show();
});
