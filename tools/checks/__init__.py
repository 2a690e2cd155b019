# SPDX-License-Identifier: MIT
"""What `make check` looks at; one module a subject."""
