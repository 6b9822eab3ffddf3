"""Configuration of the site: ``sphinx-build -W --keep-going docs docs/_build/html``."""

from __future__ import annotations

import inspect
import os
from typing import Any

import fastlr

project = "fastlr"
author = "the fastlr authors"
copyright = author
version = release = fastlr.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "**/figures"]
templates_path = ["_templates"]
smartquotes = False  # quotation marks in types and dashes in options stay as typed
default_role = "py:obj"  # docstrings refer to objects by `name`

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings give the types, with shapes
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template lists the members

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "fastlr"
html_static_path = ["_static"]
html_css_files = ["fastlr.css"]
html_sidebars = {"index": []}
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "secondary_sidebar_items": ["page-toc"],
    "show_nav_level": 1,
    "navigation_depth": 3,
}

# Okabe and Ito's palette, which people who see red and green alike can tell apart.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]

# Small enough that the letters stay readable on the screen of a telephone.
plot_formats = ["svg"]
plot_html_show_formats = False
plot_template = """
{% for image in images %}
.. figure:: {{ build_dir }}/{{ image.basename }}.svg
   {% for option in options -%}
   {{ option }}
   {% endfor %}

   {% if caption %}{{ caption | trim }}{% endif %}
   :download:`Source of the figure <{{ build_dir }}/{{ src_name }}>`
{% endfor %}
"""
plot_include_source = False
plot_apply_rcparams = True
plot_basedir = os.path.dirname(__file__)
plot_rcparams = {
    "figure.figsize": (4.6, 3.4),
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": f"cycler('color', {COLORS})",
    "image.cmap": "Blues_r",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "savefig.bbox": "tight",
}


def use_compiled_kernels() -> None:
    """Choose the backend that needs no time to compile, if it is there."""
    try:
        fastlr.SGDClassifier(backend="cython").fit([[0.0], [1.0]], [0, 1])
    except ImportError:
        return
    fastlr.set_backend("cython")


def skip_inherited(
    app: Any, kind: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out members that a class inherits from another library."""
    function = member.fget if isinstance(member, property) else member
    function = inspect.unwrap(function) if callable(function) else function
    module = getattr(function, "__module__", None)
    return True if module and module.split(".")[0] != "fastlr" else None


def keep_examples(app: Any, context: Any, lines: list[str]) -> None:
    """Show the examples in a command's help, marked by bars, as code."""
    marked = [line.startswith("| ") for line in lines]
    for place, line in enumerate(lines):
        lines[place] = f"    {line.removeprefix('| ')}" if marked[place] else line
    if any(marked):
        lines[marked.index(True) : marked.index(True)] = [".. code-block:: sh", ""]


def setup(app: Any) -> None:
    """Connect the functions above."""
    use_compiled_kernels()
    app.connect("autodoc-skip-member", skip_inherited)
    app.connect("sphinx-click-process-description", keep_examples)
