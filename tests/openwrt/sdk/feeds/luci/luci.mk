# Stands for LuCI's luci.mk: `make install` copies htdocs/ and root/ as it does, and runs src/Makefile.
PKG_NAME ?= $(notdir $(CURDIR))
INCLUDE_DIR := $(TOPDIR)/include

install:
	mkdir -p $(PKG_BUILD_DIR)
	$(CP) ./htdocs ./root ./src $(PKG_BUILD_DIR)/
	$(MAKE) -C $(PKG_BUILD_DIR)/src clean compile
	$(MAKE) -C $(PKG_BUILD_DIR)/src install DESTDIR=$(ROOT)/$(PKG_NAME)
	$(INSTALL_DIR) $(ROOT)/$(PKG_NAME)/www
	$(CP) $(PKG_BUILD_DIR)/htdocs/* $(ROOT)/$(PKG_NAME)/www/
	$(CP) $(PKG_BUILD_DIR)/root/* $(ROOT)/$(PKG_NAME)/
